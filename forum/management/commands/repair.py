"""`manage.py repair`: mend what `check_trees` found."""

from typing import Any

from django.core.management.base import BaseCommand

from forum.actions.repair import recount, relabel
from forum.models.tree import faults


class Command(BaseCommand):
    help = "Number broken trees anew from each post's parent, and count their posts again."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = sorted({fault.thread_id for fault in faults()})
        for thread_id in broken:
            posts = relabel(thread_id)
            recount(thread_id)
            self.stdout.write(f"thread {thread_id}: mended ({posts} posts)")
        if not broken:
            self.stdout.write("Nothing to mend.")
