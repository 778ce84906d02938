"""Review rules: posts that match one are pending until a moderator decides."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from forum.lib.term_matching import SearchedText, fold, host_of
from forum.markup.rendered_post import Rendered

TERMS_LENGTH = 20_000
# Each term is searched in every post.
MOST_TERMS = 1000


def searched(rendered: Rendered, title: str = "") -> SearchedText:
    """Return the text that rules search: the words, the quoted words, and the links."""
    return SearchedText(
        f"{title}\n{rendered.plain}", rendered.links, own=host_of(settings.SITE_URL)
    )


class ReviewRule(models.Model):
    """A rule that holds posts for review. Moderators' posts are never held."""

    class Kind(models.TextChoices):
        WORDS = "words", _("Words")
        DOMAINS = "domains", _("Domains")
        LINKS = "links", _("Number of links")
        PACE = "pace", _("Posting rate")
        FIRST = "first", _("First posts of an account")

    class About(models.TextChoices):
        EVERYBODY = "everybody", _("Everyone")
        NEW = "new", _("New members")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    terms = models.TextField(
        _("words or domains"),
        max_length=TERMS_LENGTH,
        blank=True,
        help_text=_(
            "One per line. Matches whole words, ignoring case and accents; * at the end "
            "matches any ending. A domain includes its subdomains."
        ),
    )
    number = models.PositiveSmallIntegerField(
        _("number"),
        null=True,
        blank=True,
        help_text=_("Links in a post, posts in the given minutes, or first posts."),
    )
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    about = models.CharField(
        _("applies to"), max_length=10, choices=About.choices, default=About.EVERYBODY
    )
    is_active = models.BooleanField(_("active"), default=True)
    note = models.CharField(
        _("note for moderators"), max_length=200, blank=True, help_text=_("Optional.")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("review rule")
        verbose_name_plural = _("review rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["words", "domains"]) & ~Q(terms="")
                | Q(kind__in=["links", "first"], number__isnull=False)
                | Q(kind="pace", number__isnull=False, minutes__isnull=False),
                name="reviewrule_whole",
                violation_error_message=_(
                    "Enter what to look for: words or domains, a number, or a number and minutes."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.describe(", ".join(self.terms.split("\n"))[:80])

    def clean(self) -> None:
        """Normalise the terms: one per line, each once, and only the host of an address."""
        lines = (line.strip() for line in self.terms.splitlines())
        terms = list(dict.fromkeys(filter(None, lines)))
        if self.kind == self.Kind.DOMAINS:
            terms = [host_of(term).removeprefix("*.") for term in terms]
            wrong = next((term for term in terms if "." not in term), None)
        else:
            wrong = next((term for term in terms if fold(term).isspace()), None)
        if wrong is not None:
            odd = _now("“%(term)s” can’t match any post.") % {"term": wrong}
            raise ValidationError({"terms": odd})
        if len(terms) > MOST_TERMS:
            many = _now("Too many for one rule: enter at most %(most)d.") % {"most": MOST_TERMS}
            raise ValidationError({"terms": many})
        self.terms = "\n".join(terms)

    def describe(self, found: str) -> str:
        """Describe the rule in a few words; `found` are the terms found, or searched for."""
        match self.kind:
            case self.Kind.WORDS:
                return _now("Words: %(found)s") % {"found": found}
            case self.Kind.DOMAINS:
                return _now("Domains: %(found)s") % {"found": found}
            case self.Kind.LINKS:
                return _now("More than %(number)d links") % {"number": self.number or 0}
            case self.Kind.PACE:
                return _now("More than %(number)d posts in %(minutes)d minutes") % {
                    "number": self.number or 0,
                    "minutes": self.minutes or 0,
                }
            case _first:
                return _now("First %(number)d posts of an account") % {"number": self.number or 0}

    def found_in(self, text: SearchedText, before: SearchedText | None = None) -> str:
        """Return the terms found in a text that were not in `before`; empty if there are none."""
        if self.kind == self.Kind.LINKS:
            allowed = max(self.number or 0, before.links if before else 0)
            return str(text.links) if text.links > allowed else ""
        terms = [term for term in self.terms.splitlines() if self._has(text, term)]
        return ", ".join(term for term in terms if not (before and self._has(before, term)))

    def _has(self, text: SearchedText, term: str) -> bool:
        return text.leads_to(term) if self.kind == self.Kind.DOMAINS else text.has_words(term)
