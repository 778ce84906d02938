"""`manage.py confirm_erasure`: confirm a permanent deletion as the operator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from forum.errors import UserError
from forum.models import Erasure
from forum.moderation.erasure.requests import confirm_erasure
from forum.presenters.erasures import extent_of


class Command(BaseCommand):
    help = "Erase for ever what somebody asked to erase; nobody can bring it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("erasure", type=int, help="its number, as the page of it says")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = Erasure.objects.filter(pk=options["erasure"]).first()
        if asked is None:
            raise CommandError("There is no such erasure.")
        self.stdout.write(f"{asked.asked_by} asked for it: {asked.reason}")
        if asked.is_open:
            self.stdout.write(f"This is erased for ever: {extent_of(asked)}.")
        if not options["yes"] and input("Type “erase” to go on: ").strip() != "erase":
            raise CommandError("Nothing was erased.")
        try:
            confirm_erasure(asked, actor=None)
        except UserError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("It is erased.")
