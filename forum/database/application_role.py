"""The role that the forum's processes use: it reads and writes rows, and owns nothing.

They can neither empty or change tables, nor switch off the triggers that keep the moderation log
append-only. Migrations are run by the owner of the tables.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

APPLICATION_ROLE = "plait"

GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE UPDATE, DELETE ON django_migrations FROM {role};
"""


def grant_to_role(cursor: Any, role: str, password: str = "") -> None:
    """Create the role, if needed, and let it read and write rows; safe to repeat.

    `cursor` is the owner's. A given password is set, also of a role that exists.
    """
    name = sql.Identifier(role)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    if password:
        secret = sql.Literal(password)
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, secret))
    cursor.execute(sql.SQL(GRANTS).format(role=name))
