"""Views: parse the request, call an action or a query, and render the response."""
