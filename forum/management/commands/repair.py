"""`manage.py repair`: mend what `check_trees` found."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.actions.rebuild import rebuild_labels, recount_thread
from forum.models.tree import faults


class Command(BaseCommand):
    help = "Number broken trees anew from each post's parent, and count their posts again."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = sorted({fault.thread_id for fault in faults()})
        beyond = [thread_id for thread_id in broken if not self.mend(thread_id)]
        if beyond:
            raise CommandError("These need their parents set right by hand first.")
        if not broken:
            self.stdout.write("Nothing to mend.")

    def mend(self, thread_id: int) -> bool:
        try:
            posts = rebuild_labels(thread_id)
        except ValueError as error:
            self.stderr.write(f"thread {thread_id}: {error}")
            return False
        recount_thread(thread_id)
        self.stdout.write(f"thread {thread_id}: mended ({posts} posts)")
        return True
