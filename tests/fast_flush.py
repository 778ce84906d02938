"""Emptying the database after a test that commits, without TRUNCATE.

Django truncates all tables, which creates new files for each table and index, and then creates its
permissions anew: half a second. The tables of a test have only a few rows.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import ProgrammingError, connection
from django.test import TransactionTestCase
from psycopg.errors import InsufficientPrivilege

KEPT = {ContentType, Permission}


def delete_all_rows() -> None:
    """Delete without triggers, which protect the log, and posts whose thread is not locked."""
    models = set(apps.get_models(include_auto_created=True)) - KEPT
    deletes = [f'DELETE FROM "{model._meta.db_table}"' for model in models]
    set_triggers = "SET session_replication_role = {}"
    statements = [set_triggers.format("replica"), *deletes, set_triggers.format("DEFAULT")]
    with connection.cursor() as cursor:
        cursor.execute(";".join(statements))


flush = TransactionTestCase._fixture_teardown


def empty_database(test: TransactionTestCase) -> None:
    """Do the same as Django after a test that commits, faster if the server allows it.

    Other tests of the same process start with empty rate limits.
    """
    cache.clear()
    try:
        delete_all_rows()
    except ProgrammingError as error:
        # Only a superuser can turn triggers off.
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        flush(test)
