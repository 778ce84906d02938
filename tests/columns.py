"""Searching all text columns of the database."""

from __future__ import annotations

from django.db import connection


def tables_with(word: str) -> set[str]:
    """Return every text column of every table that contains a word."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema()"
            "   AND data_type IN ('text', 'character varying', 'jsonb', 'bytea', 'ARRAY',"
            "                     'tsvector')"
        )
        for table, column in cursor.fetchall():
            text = f'"{column}"::text'
            if column == "message":
                text = f"encode(\"{column}\", 'escape')"
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE {text} ILIKE %s', [f"%{word}%"])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    return found
