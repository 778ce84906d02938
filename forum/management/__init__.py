"""Management commands for the operator: `manage.py <command>`."""
