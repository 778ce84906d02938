"""`manage.py setup`: prepare a new or updated installation for serving."""

import secrets
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from forum.actions.accounts import create_administrator
from forum.database.application_role import APPLICATION_ROLE, grant_to_role
from forum.models import Thread


class Command(BaseCommand):
    help = (
        "Migrate the database. On the first start, load the sample conversation and create "
        "the first administrator (ADMIN_NAME, ADMIN_PASSWORD). Safe to repeat."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"Cannot connect to the database: {error}") from error
        self.migrate()
        self.make_application_role()
        if not Thread.objects.exists():
            call_command("loaddata", "seed_conversation", verbosity=0)
        self.make_administrator()

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Migrating the database ...")
            # First, because later starts skip this branch once the migrations are done.
            call_command("createcachetable", verbosity=0)
            call_command("migrate", verbosity=0, interactive=False)

    def make_application_role(self) -> None:
        """Let the role of the web server and the worker use the tables, also new ones."""
        if settings.APPLICATION_DATABASE_URL:
            address = urlsplit(settings.APPLICATION_DATABASE_URL)
            role, password = unquote(address.username or ""), unquote(address.password or "")
        elif settings.EMBEDDED_DATABASE:
            role, password = APPLICATION_ROLE, ""
        else:
            return
        with connection.cursor() as cursor:
            grant_to_role(cursor, role, password)

    def make_administrator(self) -> None:
        given = settings.ADMIN_PASSWORD
        password = given or secrets.token_urlsafe(12)
        try:
            person = create_administrator(name=settings.ADMIN_NAME, password=password)
        except ValidationError as error:
            raise CommandError(f"ADMIN_NAME: {' '.join(error.messages)}") from error
        if person is None:
            return
        self.stdout.write(f"\nAdministrator account:\n  name      {person.username}")
        if given:
            self.stdout.write("  password  from ADMIN_PASSWORD")
        else:
            self.stdout.write(f"  password  {password}   (shown this once)")
