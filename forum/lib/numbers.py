"""Numbers as lists show them."""

MOST = 99


def capped(count: int) -> str:
    """“7”, “99+”; empty for none."""
    return f"{MOST}+" if count > MOST else str(count or "")
