#!/usr/bin/env python
"""Django's command line for Plait."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from forum.database import EmbeddedDatabaseError

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EmbeddedDatabaseError) as error:
        sys.exit(str(error))  # said for the operator, who needs no traceback
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
