"""`manage.py loaddata`: Django's command, with the locks and counters that posts need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializedObject
from django.db import IntegrityError, connection, models

from forum.actions.rebuild import recount_thread
from forum.models import Mention, Post, Quote, Revision, Thread
from forum.models.threads import FIRST_THREAD_ID


class Command(loaddata.Command):
    """A `loaddata` that takes locks, sets counters, and skips what exists already.

    A thread that exists is skipped with all its posts, however it has changed: loading twice does
    nothing.
    """

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        self.known_threads = set(Thread.objects.values_list("pk", flat=True))
        self.skipped_posts: set[int] = set()
        self.loaded_threads: list[int] = []
        try:
            super().loaddata(fixture_labels)
        except IntegrityError as error:
            raise CommandError(f"Nothing loaded. {error}") from error
        for thread_id in self.loaded_threads:
            recount_thread(thread_id)

    def save_obj(self, obj: DeserializedObject) -> bool:
        row = obj.object
        if self.is_known(row):
            return False
        saved: bool = super().save_obj(obj)
        if saved and isinstance(row, Thread):
            Thread.objects.lock(row.pk)
            self.loaded_threads.append(row.pk)
        return saved

    def is_known(self, row: models.Model) -> bool:
        """Return whether this row, or the thread that it belongs to, existed before."""
        if row._meta.app_label != "forum":
            return False
        if isinstance(row, Post) and row.thread_id in self.known_threads:
            self.skipped_posts.add(row.pk)
            return True
        if isinstance(row, Revision | Quote | Mention) and row.post_id in self.skipped_posts:
            return True
        return type(row)._base_manager.filter(pk=row.pk).exists()

    def reset_sequences(self, connection_: Any, models_: set[type[models.Model]]) -> None:
        """Reset sequences as Django does, but keep the low ids for fixtures."""
        super().reset_sequences(connection_, models_)
        with connection.cursor() as cursor:
            for model in models_:
                if model._meta.app_label == "forum" and model._meta.auto_field:
                    cursor.execute(
                        "SELECT setval(seq, greatest(nextval(seq), %s), false)"
                        " FROM pg_get_serial_sequence(%s, 'id') AS seq",
                        [FIRST_THREAD_ID, model._meta.db_table],
                    )
