"""Commands in processes of their own, on the tests' database."""

from __future__ import annotations

from urllib.parse import quote

from django.db import connection


def database_url() -> str:
    """Return the address of the tests' database, for another process."""
    database = connection.settings_dict
    user = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    host, port = database["HOST"], database["PORT"] or 5432
    address = f":{port}/{quote(host)}" if host.startswith("/") else f"{host}:{port}"
    return f"postgres://{user}@{address}/{database['NAME']}"
