"""What the operator types: `manage.py <command>`."""
