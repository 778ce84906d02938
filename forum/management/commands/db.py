"""`manage.py db`: the embedded PostgreSQL, by hand."""

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from forum import database


class Command(BaseCommand):
    help = "Start, stop and ask the embedded PostgreSQL, or take its data out and in again."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "deed",
            choices=["start", "stop", "status", "url", "dump", "restore"],
            help="dump writes SQL to standard output; restore replaces everything by it",
        )
        parser.add_argument(
            "--unless-used", action="store_true", help="stop only if nobody else is connected"
        )

    def handle(self, *args: Any, deed: str, unless_used: bool, **options: Any) -> None:
        if not settings.EMBEDDED_DATABASE:
            raise CommandError(
                "DATABASE_URL names the database: use psql, pg_dump and its own tools."
            )
        try:
            self.do(deed, unless_used)
        except database.EmbeddedDatabaseError as error:
            raise CommandError(str(error)) from error

    def do(self, deed: str, unless_used: bool) -> None:
        data_dir = settings.DATA_DIR
        match deed:
            case "start":
                database.ensure(data_dir)
                self.stdout.write(f"The database in {data_dir} runs.")
            case "stop" if unless_used:
                database.stop_if_idle(data_dir)
            case "stop":
                stopped = database.stop(data_dir)
                self.stdout.write("Stopped." if stopped else "It was not running.")
            case "status":
                self.stdout.write(database.status(data_dir).value)
            case "url":
                self.stdout.write(database.url(data_dir))
            case "dump":
                database.ensure(data_dir)
                database.dump(data_dir, sys.stdout.buffer)
            case "restore":
                database.ensure(data_dir)
                database.restore(data_dir, sys.stdin.buffer)
                # What is restored may be of an older version.
                connection.settings_dict |= database.ensure(data_dir)
                call_command("setup", stdout=self.stdout)
