"""`manage.py render_posts`: store what today's renderer makes of all posts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from forum.actions.rebuild import render_batch

POSTS_PER_BATCH = 100


class Command(BaseCommand):
    help = (
        "Render all posts again, after an upgrade that says so. Can be stopped and gone on with, "
        "while the forum runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--after", type=int, default=0, metavar="ID", help="go on after this post"
        )

    def handle(self, *args: Any, after: int, **options: Any) -> None:
        posts = changed = 0
        while batch := render_batch(after, POSTS_PER_BATCH):
            after = batch.last
            posts += batch.posts
            changed += batch.changed
            self.stdout.write(f"up to post {after}: {posts} rendered, {changed} changed")
        self.stdout.write(f"Done: {posts} rendered, {changed} changed.")
