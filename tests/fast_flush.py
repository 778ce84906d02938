"""Leaving an empty database after a test that commits.

Django empties all tables by TRUNCATE, which makes new files for each of them and for each index,
and then writes its permissions anew: half a second. The tables of a test hold a few rows.
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
    """Past the triggers, which refuse to let the log go and posts whose thread is not locked."""
    models = set(apps.get_models(include_auto_created=True)) - KEPT
    deletes = [f'DELETE FROM "{model._meta.db_table}"' for model in models]
    past_triggers = "SET session_replication_role = {}"
    statements = [past_triggers.format("replica"), *deletes, past_triggers.format("DEFAULT")]
    with connection.cursor() as cursor:
        cursor.execute(";".join(statements))


flush = TransactionTestCase._fixture_teardown


def leave_it_empty(test: TransactionTestCase) -> None:
    """Do what Django does after a test that commits, faster where the server lets us.

    Other tests follow in the same process: they find no limit that this one has used up.
    """
    cache.clear()
    try:
        delete_all_rows()
    except ProgrammingError as error:
        # Nobody but a superuser gets past triggers.
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        flush(test)
