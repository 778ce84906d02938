"""Members: accounts that can log in, and authors of imported conversations who cannot."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Collate, Lower, Now, Replace
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from forum.lib.names import (
    SHAPED,
    SHAPES,
    fold_name,
    has_name_characters,
    is_one_script,
    shape_of_name,
)

if TYPE_CHECKING:
    from forum.models.roles import Roles

_PLAIN = r"[A-Za-z0-9_]|[^\u0001-\u007f]"
PLAIN_NAME = rf"^(?!_)({_PLAIN})({_PLAIN}|-){{0,28}}({_PLAIN})$"
LAST_CHARACTER = chr(0x10FFFF)


def validate_name(name: str) -> None:
    """Refuse a name that `@name` could not mention, or that mixes scripts."""
    if not has_name_characters(name):
        raise ValidationError(_("Use 2–30 characters: letters, digits, - and _."))
    if not is_one_script(name):
        raise ValidationError(_("Use letters and digits of one script only."))


# Names that could be taken for the site itself in a mention or an e-mail address.
RESERVED_NAMES = frozenset(
    "abuse admin administrator all everyone help here hostmaster info me mod moderation moderator "
    "moderators mods nobody noreply official plait postmaster root security staff support system "
    "team webmaster".split()
)


class FoldedName(models.Func):
    """A name as it is compared, like `fold_name` for one that is not in the database."""

    template = "lower(translate(%(expressions)s, 'Σςİ', 'σσi'))"
    output_field = models.CharField()


class NameKey(models.Func):
    """The look of a name, like `shape_of_name` for one that is not in the database."""

    template = (
        "replace(lower(translate(normalize(%(expressions)s, NFD), "
        f"'{SHAPED}_-', '{SHAPES}')), 'rn', 'm')"
    )
    output_field = models.CharField()


# As long as the link in the mail works (django-allauth's default).
UNCONFIRMED_KEPT = timedelta(days=3)


def is_reserved(name: str) -> bool:
    """Return whether `name` could be taken for the site itself: ADMIN, Adm1n and r00t too."""
    small = fold_name(name)
    readings = (name, small, small.replace("1", "i"))
    keys = set(map(shape_of_name, readings))
    return not _RESERVED_KEYS.isdisjoint(keys) or any(key.startswith(_FORMER) for key in keys)


def hash_of_name(name: str) -> str:
    """Return the hash that is stored of an erased name, so that nobody can take it again."""
    return sha256(shape_of_name(name).encode()).hexdigest()


_RESERVED_KEYS = frozenset(map(shape_of_name, RESERVED_NAMES))
# The name of erased accounts, followed by their number.
FORMER = "former-member"
_FORMER = shape_of_name(FORMER)


def _suspended_now() -> models.Q:
    lasts = models.Q(suspended_until=None) | models.Q(suspended_until__gt=Now())
    return models.Q(suspended_at__isnull=False) & lasts


class MailStop(models.TextChoices):
    """The reasons why no notifications are mailed to an address."""

    BOUNCES = "bounces", _("mail to it came back")
    COMPLAINT = "complaint", _("it was reported as spam")


class FollowOwnPosts(models.TextChoices):
    """The choice of members to follow the branches of the posts that they write."""

    ALWAYS = "always", _("Always")
    ASK = "ask", _("Ask me each time")
    NEVER = "never", _("Never")


class NewestPostId(models.Func):
    """The highest id of all posts, 0 without any: a function, since defaults have no subqueries."""

    function = "forum_newest_post_id"
    output_field = models.BigIntegerField()


def _is_unconfirmed() -> models.Q:
    # Its models need `User`: this import has to come late.
    from allauth.account.models import EmailAddress  # noqa: PLC0415

    theirs = EmailAddress.objects.filter(user=models.OuterRef("pk"))
    has_unproven, has_proven = (models.Exists(theirs.filter(verified=v)) for v in (False, True))
    # First what decides for most people: PostgreSQL asks the rest only of the others.
    return models.Q(last_login=None) & models.Q(has_unproven, ~has_proven)


class UserQuerySet(models.QuerySet["User"]):
    def named(self, names: Iterable[str]) -> UserQuerySet:
        """Return the people with one of these names, ignoring case."""
        return self.alias(folded=FoldedName("username")).filter(folded__in=map(fold_name, names))

    def name_starts_with(self, start: str) -> UserQuerySet:
        """Return people whose name begins with `start`, ignoring case, ordered by name."""
        first = fold_name(start)
        return (
            self.alias(folded=Collate(FoldedName("username"), "C"))
            .filter(folded__range=(first, f"{first}{LAST_CHARACTER}"))
            .order_by("folded")
        )

    def with_email(self, email: str) -> UserQuerySet:
        """Return the person with that address, confirmed or not; nobody for an empty one."""
        return self.alias(lowered=Lower("email")).filter(lowered=email.lower()).exclude(email="")

    def suspended(self) -> UserQuerySet:
        """Return people whose suspension is in force now."""
        return self.filter(_suspended_now())

    def active(self) -> UserQuerySet:
        """Return people who can log in and are not suspended."""
        return self.confirmed().filter(~_suspended_now(), is_active=True)

    def confirmed(self) -> UserQuerySet:
        """Return everybody but those who signed up and have not confirmed an address yet.

        Authors of imported conversations have no address at all.
        """
        return self.exclude(_is_unconfirmed())

    def unconfirmed(self) -> UserQuerySet:
        """Return people who signed up and have not confirmed an address yet."""
        return self.filter(_is_unconfirmed())

    def abandoned(self) -> UserQuerySet:
        """Return unconfirmed sign-ups whose link has expired."""
        return self.unconfirmed().filter(date_joined__lt=timezone.now() - UNCONFIRMED_KEPT)

    def unused(self) -> UserQuerySet:
        """Return people who have never logged in, and to whom nothing refers."""
        return self.never_logged_in().filter(
            role_assignments=None, restrictions=None, mentioned_in=None, suspended_action=None
        )

    def never_logged_in(self) -> UserQuerySet:
        """Return people who signed up and have never logged in."""
        return self.filter(last_login=None)


def known_names(names: Iterable[str]) -> set[str]:
    """Return those of these names that somebody has, as `fold_name` gives them."""
    return set(
        map(fold_name, User.objects.confirmed().named(names).values_list("username", flat=True))
    )


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def named(self, names: Iterable[str]) -> UserQuerySet:
        return self.get_queryset().named(names)

    def name_starts_with(self, start: str) -> UserQuerySet:
        return self.get_queryset().name_starts_with(start)

    def suspended(self) -> UserQuerySet:
        return self.get_queryset().suspended()

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def confirmed(self) -> UserQuerySet:
        return self.get_queryset().confirmed()

    def abandoned(self) -> UserQuerySet:
        return self.get_queryset().abandoned()

    def with_email(self, email: str) -> UserQuerySet:
        return self.get_queryset().with_email(email)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person with that name, ignoring case; raises `User.DoesNotExist`."""
        return self.named([username or ""]).get()

    def create_user(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> User:
        """Create an account; without a password nobody can log in to it."""
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> User:
        """Create an administrator who can log in at once (for `manage.py createsuperuser`).

        Logging in needs a confirmed address: a placeholder if `email` is empty.
        """
        address = email.lower() or f"{username.lower()}@localhost"
        with transaction.atomic(using=self._db):
            user = self.create_user(username, address, password, **fields)
            user.role_assignments.create(kind="administrator")
            user.emailaddress_set.create(email=address, verified=True, primary=True)
        return user


class User(AbstractBaseUser):
    """A member. Permissions come from `forum.permissions`, not from Django's permission tables."""

    username = models.CharField(
        _("name"),
        max_length=30,
        unique=True,
        validators=[validate_name],
        error_messages={"unique": _("This name is already taken.")},
    )
    name_key = models.GeneratedField(
        expression=NameKey("username"),
        output_field=models.CharField(max_length=120),  # decomposed, up to four for one
        db_persist=True,
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    is_active = models.BooleanField(_("can log in"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    keys = models.BooleanField(_("single-key shortcuts"), default=True)
    follow_own_posts = models.CharField(
        _("follow the branches of your own posts"),
        max_length=6,
        choices=FollowOwnPosts,
        default=FollowOwnPosts.ALWAYS,
    )
    mentions_pass_mute = models.BooleanField(
        _("notify me of mentions in what I muted"), default=False
    )
    # Posts up to this id were there when the account was created. In threads that the member never
    # opened they are not unread.
    read_up_to = models.BigIntegerField(db_default=NewestPostId(), editable=False)

    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    suspended_action = models.ForeignKey(
        "forum.ModerationAction", models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Notifications are not mailed to this address any more; to another one they are.
    stopped_email = models.EmailField(blank=True, editable=False)
    mail_stop = models.CharField(max_length=9, choices=MailStop, blank=True, editable=False)

    # Set when the account is erased. `former_name` is a hash that keeps the name from being reused.
    erased_at = models.DateTimeField(
        _("permanently deleted at"), null=True, blank=True, editable=False
    )
    former_name = models.CharField(max_length=64, blank=True, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [
            # For searches by prefix: in byte order, whatever the collation of the database.
            models.Index(Collate(FoldedName("username"), "C"), name="user_by_name"),
            GinIndex(OpClass("username", "gin_trgm_ops"), name="user_name_trigrams"),
            models.Index(fields=["date_joined"], name="user_by_date"),
            models.Index(
                fields=["former_name"], condition=~models.Q(former_name=""), name="user_former"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                FoldedName("username"),
                name="user_name_unique",
                violation_error_message=_("This name is already taken."),
            ),
            models.UniqueConstraint(
                fields=["name_key"],
                name="user_name_not_confusable",
                violation_error_message=_("This name is too similar to another member’s."),
            ),
            # Also refuses "ALICE-B" beside "alice_b", which `name_key` tells apart by the I.
            models.UniqueConstraint(
                Replace(Replace(FoldedName("username"), Value("_")), Value("-")),
                name="user_name_without_separators",
                violation_error_message=_("This name is too similar to another member’s."),
            ),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="user_email_unique"
            ),
            # No other ASCII, so that a name is itself in HTML, in mail and in addresses. Which
            # letters of other scripts there may be is too much for the database.
            models.CheckConstraint(
                condition=models.Q(username__regex=PLAIN_NAME), name="user_name_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def get_absolute_url(self) -> str:
        return reverse("person-detail", args=[self.username])

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @property
    def mail_stop_reason(self) -> str:
        """Return why no notifications are mailed to the current address; empty if they are."""
        return self.mail_stop if self.email and self.email == self.stopped_email else ""

    @property
    def is_suspended(self) -> bool:
        """Return whether a suspension is in force now."""
        if self.suspended_at is None:
            return False
        return self.suspended_until is None or timezone.now() < self.suspended_until

    def is_kept(self, kind: str) -> bool:
        """Return whether a restriction of that kind is in force, in any board."""
        return any(each["kind"] == kind for each in self.roles.restrictions)

    @property
    def tzinfo(self) -> zoneinfo.ZoneInfo:
        """Return the member's time zone; the site's own when none is set or it no longer exists."""
        try:
            return zoneinfo.ZoneInfo(self.zone or settings.TIME_ZONE)
        except zoneinfo.ZoneInfoNotFoundError:
            return zoneinfo.ZoneInfo(settings.TIME_ZONE)

    @cached_property
    def roles(self) -> Roles:
        """Return the member's roles and restrictions; queried once per request."""
        return self.roles_and_counts[0]

    @property
    def ignored_ids(self) -> frozenset[int]:
        """Return the ids of the members whom this one ignores; queried with the roles."""
        return self.roles_and_counts[3]

    @cached_property
    def roles_and_counts(self) -> tuple[Roles, int, int, frozenset[int]]:
        """Return what every request of a member needs; see `roles_and_counts_of`."""
        # All tables that this asks refer to `User`: one import of the circle has to come late.
        from forum.models.roles import roles_and_counts_of  # noqa: PLC0415

        return roles_and_counts_of(self)

    # Asked by Django's admin and login; answered from our roles.

    @property
    def is_staff(self) -> bool:
        return self.is_active and not self.is_suspended and self.roles.is_moderator

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.roles.is_administrator

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser

    def has_perms(self, perms: Iterable[str], obj: object = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff
