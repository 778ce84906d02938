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


# No request and no job may keep the database busy for longer; pages have a lower limit of their own
# (`forum.views.read_only`). As a setting of the role it also holds behind a connection pool.
ROLE_STATEMENT_TIMEOUT = "30s"


def grant_to_role(cursor: Any, role: str, password: str = "") -> None:
    """Create the role, if needed, and let it read and write rows, within a time limit; repeatable.

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
    # Only who made the role, or a superuser, may change its settings.
    cursor.execute("SELECT pg_has_role(current_user, %s, 'MEMBER WITH ADMIN OPTION')", [role])
    if cursor.fetchone() == (True,):
        limit = sql.SQL("ALTER ROLE {} SET statement_timeout = {}")
        cursor.execute(limit.format(name, sql.Literal(ROLE_STATEMENT_TIMEOUT)))
