"""`manage.py check_trees`: check the consistency of all trees."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.models import Post
from forum.models.tree import faults


class Command(BaseCommand):
    help = "Check every thread's tree and counters. Exits with 1 and lists any faults."

    def handle(self, *args: Any, **options: Any) -> None:
        found = faults()
        for fault in found:
            self.stderr.write(f"thread {fault.thread_id}: {fault.posts} {fault.what}")
        if found:
            raise CommandError("Some trees are broken: run `manage.py repair`.")
        self.stdout.write(f"All trees are sound ({Post.objects.count()} posts).")
