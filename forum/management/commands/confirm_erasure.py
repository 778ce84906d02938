"""`manage.py confirm_erasure`: confirm a permanent deletion as the operator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from forum.errors import UserError
from forum.models import Erasure
from forum.moderation.erasure.requests import confirm_erasure
from forum.presenters.erasures import extent_of


class Command(BaseCommand):
    help = "Confirm a request for permanent deletion. This can't be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("erasure", type=int, help="number of the request, as shown on its page")
        parser.add_argument("--yes", action="store_true", help="don't ask for confirmation")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = Erasure.objects.filter(pk=options["erasure"]).first()
        if asked is None:
            raise CommandError("There is no such request.")
        self.stdout.write(f"{asked.asked_by} requested it: {asked.reason}")
        if asked.is_open:
            self.stdout.write(f"This will be permanently deleted: {extent_of(asked)}.")
        if not options["yes"] and input("Type “erase” to continue: ").strip() != "erase":
            raise CommandError("Nothing was deleted.")
        try:
            confirm_erasure(asked, actor=None)
        except UserError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Permanently deleted.")
