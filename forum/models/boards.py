"""Categories and their boards."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CategoryQuerySet(models.QuerySet["Category"]):
    def with_boards(self) -> CategoryQuerySet:
        """Prefetch the boards; two queries in all."""
        return self.prefetch_related("boards")


class Category(models.Model):
    """A group of boards on the front page."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class Board(models.Model):
    """A place for threads, with moderators of its own."""

    category = models.ForeignKey(
        Category, models.PROTECT, related_name="boards", verbose_name=_("category")
    )
    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    description = models.CharField(
        _("description"), max_length=200, blank=True, help_text=_("One sentence.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    closed_at = models.DateTimeField(
        _("closed at"),
        null=True,
        blank=True,
        help_text=_("A closed board can be read, but nobody can start threads or reply in it."),
    )

    takes_mail = models.BooleanField(
        _("threads by mail"),
        default=False,
        help_text=_(
            "Members can start threads by mail to board+SLUG at the host for incoming mail."
        ),
    )

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("board")
        verbose_name_plural = _("boards")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        # No `reverse`, since a list needs dozens.
        return f"/b/{self.slug}/"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None
