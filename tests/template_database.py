"""A migrated database that PostgreSQL copies for each test process, which takes a moment.

Applying all migrations takes seconds, in each process and for each run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).parents[1]
LOCK = 8_241_605  # of PostgreSQL's advisory locks: one process at a time looks for the template


def template_name() -> str:
    """Return a name that changes with all that migrations are made of."""
    files = [ROOT / "requirements/dev.txt", ROOT / "forum/log_entry_types.py"]
    for folder in ("migrations", "models"):
        files += sorted((ROOT / "forum" / folder).glob("*.py"))
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files))
    return f"test_template_{digest.hexdigest()[:16]}"


def use_template() -> None:
    """Let Django copy the template for the next test database; create it if it does not exist."""
    name = template_name()
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # held until the cursor is closed
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_template\\_%%'")
        existing = {row[0] for row in cursor.fetchall()}
        if name not in existing:
            for outdated in existing:
                cursor.execute(f'DROP DATABASE "{outdated}"')
            cursor.execute(f'CREATE DATABASE "{name}_new"')
            _migrate(f"{name}_new")
            cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def _migrate(database: str) -> None:
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
