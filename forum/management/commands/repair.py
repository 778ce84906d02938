"""`manage.py repair`: repair the trees that `check_trees` reports."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.actions.rebuild import rebuild_labels, recount_thread
from forum.models.tree import faults


class Command(BaseCommand):
    help = "Rebuild broken trees from each post's parent, and count their posts again."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = sorted({fault.thread_id for fault in faults()})
        beyond = [thread_id for thread_id in broken if not self.repair(thread_id)]
        if beyond:
            raise CommandError(
                "Some posts have wrong parents, which must be corrected by hand first."
            )
        if not broken:
            self.stdout.write("Nothing to repair.")

    def repair(self, thread_id: int) -> bool:
        try:
            posts = rebuild_labels(thread_id)
        except ValueError as error:
            self.stderr.write(f"thread {thread_id}: {error}")
            return False
        recount_thread(thread_id)
        self.stdout.write(f"thread {thread_id}: repaired ({posts} posts)")
        return True
