"""`manage.py db`: manage the embedded PostgreSQL."""

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from forum import database


class Command(BaseCommand):
    help = "Start, stop or query the embedded PostgreSQL; dump and restore its data."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "command",
            choices=["start", "stop", "status", "url", "dump", "restore"],
            help="dump writes SQL to standard output; restore replaces all data by it",
        )
        parser.add_argument(
            "--unless-used", action="store_true", help="stop only if nobody else is connected"
        )

    def handle(self, *args: Any, command: str, unless_used: bool, **options: Any) -> None:
        if not settings.EMBEDDED_DATABASE:
            raise CommandError(
                "DATABASE_URL is set: use psql, pg_dump and the tools of that server."
            )
        try:
            self.run(command, unless_used)
        except database.EmbeddedDatabaseError as error:
            raise CommandError(str(error)) from error

    def run(self, command: str, unless_used: bool) -> None:
        data_dir = settings.DATA_DIR
        match command:
            case "start":
                database.ensure(data_dir)
                self.stdout.write(f"The database in {data_dir} is running.")
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
                # The dump may come from an older version.
                connection.settings_dict |= database.ensure(data_dir)
                call_command("setup", stdout=self.stdout)
