"""What moderators do: one class an action, carried out, logged, offered and undone in one way."""
