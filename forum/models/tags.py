"""Tags: what threads are about, across boards."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from forum.models.threads import Thread

MAX_TAGS = 5  # of a thread


class TagQuerySet(models.QuerySet["Tag"]):
    def main(self) -> TagQuerySet:
        """Return the tags that can be chosen: those that are no synonyms."""
        return self.filter(synonym_of=None)


class Tag(models.Model):
    """A tag that moderators made; members choose among them.

    A synonym leads to another tag and shows as it. That is also how two tags are merged: threads
    keep the tag that was chosen, so it can be undone.
    """

    name = models.CharField(_("name"), max_length=40, unique=True)
    slug = models.SlugField(
        _("slug"), max_length=40, unique=True, help_text=_("Part of the address.")
    )
    synonym_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="synonyms",
        verbose_name=_("synonym of"),
        help_text=_("Threads with this tag show the other one, and its list leads there."),
    )

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.CheckConstraint(
                condition=~Q(synonym_of=F("id")), name="tag_no_synonym_of_itself"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tag-detail", args=[self.slug])

    def clean(self) -> None:
        """Refuse a synonym of a synonym."""
        if self.synonym_of is None:
            return
        if self.synonym_of.synonym_of_id or (self.pk and self.synonyms.exists()):
            raise ValidationError(_("Choose a tag that is no synonym, for one without synonyms."))


class ThreadTag(models.Model):
    """A tag of a thread, at one of its five places."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="thread_tags", db_index=False)
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "position"], name="threadtag_one_a_place"),
            models.UniqueConstraint(fields=["thread", "tag"], name="threadtag_once"),
            models.CheckConstraint(
                condition=Q(position__gte=1, position__lte=MAX_TAGS), name="threadtag_at_most_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.tag_id}"


def tag_ids(thread: Thread) -> list[int]:
    """Return the ids of a thread's tags, sorted."""
    return sorted(ThreadTag.objects.filter(thread=thread).values_list("tag", flat=True))


def tag_columns() -> JSONObject:
    """Return name and slug under which a `ThreadTag` is shown, as one column."""
    return JSONObject(
        name=Coalesce("tag__synonym_of__name", "tag__name"),
        slug=Coalesce("tag__synonym_of__slug", "tag__slug"),
    )


def has_tag(tag_id: int) -> Q:
    """Return the condition for threads with this tag or a synonym of it."""
    tags = Q(tag=tag_id) | Q(tag__synonym_of=tag_id)
    return Q(pk__in=ThreadTag.objects.filter(tags).values("thread"))
