"""`manage.py setup`: everything a new or updated installation needs before it can serve."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from forum.actions.accounts import create_administrator
from forum.models import Role, Thread


class Command(BaseCommand):
    help = (
        "Bring the database up to date; on the first start, load the seed conversation "
        "and make the first administrator (ADMIN_NAME, ADMIN_PASSWORD). Harmless when repeated."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        if not Thread.objects.exists():
            call_command("loaddata", "seed_conversation", verbosity=0)
        if not Role.objects.filter(kind=Role.Kind.ADMINISTRATOR).exists():
            self.make_administrator()

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Bringing the database up to date ...")
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)

    def make_administrator(self) -> None:
        name = settings.ADMIN_NAME
        given = settings.ADMIN_PASSWORD
        password = given or secrets.token_urlsafe(12)
        create_administrator(name=name, password=password)
        shown = "the one in ADMIN_PASSWORD" if given else password
        self.stdout.write(f"\nThe first administrator:\n  name      {name}\n  password  {shown}\n")
        if not given:
            self.stdout.write("  (shown this once; change it under your account)\n")
