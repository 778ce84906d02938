"""People: who can log in, and who only speaks in loaded conversations."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Collate, Lower, Replace
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from forum.markup.mentions import NAME

if TYPE_CHECKING:
    from forum.models.roles import Roles

# What `@name` can mention is what a person may be called.
name_validator = RegexValidator(
    rf"\A(?:{NAME})\Z",
    _("A name has 2 to 30 letters without accents, digits, hyphens or underscores."),
)

# Names that would pass for the site itself in a mention or an address.
RESERVED_NAMES = frozenset(
    "admin administrator all everyone here me moderator moderators nobody plait postmaster "
    "root staff support system webmaster".split()
)


class NameKey(models.Func):
    """A name as the eye takes it: case, separators and look-alikes folded together.

    The ASCII part of the confusables of Unicode UTS #39: 0/O, 1/I/l, rn/m.
    """

    template = "replace(lower(translate(%(expressions)s, '01I_-', 'oll')), 'rn', 'm')"
    output_field = models.CharField()


_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "I": "l", "_": None, "-": None})


def name_key(name: str) -> str:
    """What `NameKey` makes of a name, for names that are not in the database."""
    return name.translate(_LOOK_ALIKES).lower().replace("rn", "m")


def is_reserved(name: str) -> bool:
    """Whether the eye could take `name` for the site itself: ADMIN, Adm1n and r00t too."""
    small = name.lower()
    readings = (name, small, small.replace("1", "i"))
    keys = set(map(name_key, readings))
    return not _RESERVED_KEYS.isdisjoint(keys) or any(key.startswith(_FORMER) for key in keys)


def hash_of_name(name: str) -> str:
    """What is kept of a name that nobody is to have again."""
    return sha256(name_key(name).encode()).hexdigest()


_RESERVED_KEYS = frozenset(map(name_key, RESERVED_NAMES))
# What erased accounts are called, followed by their number.
FORMER = "former-member"
_FORMER = name_key(FORMER)


def _suspended_now() -> models.Q:
    lasts = models.Q(suspended_until=None) | models.Q(suspended_until__gt=timezone.now())
    return models.Q(suspended_at__isnull=False) & lasts


class UserQuerySet(models.QuerySet["User"]):
    def named(self, names: Iterable[str]) -> UserQuerySet:
        """People whose name is one of `names`, in whatever case it was typed."""
        wanted = [name.lower() for name in names]
        return self.alias(lowered=Lower("username")).filter(lowered__in=wanted)

    def name_starts_with(self, start: str) -> UserQuerySet:
        """People whose name begins so, in whatever case, by name; the index is in this order."""
        lowered = Collate(Lower("username"), "C")
        # The tilde sorts behind everything that a name may hold.
        return (
            self.alias(lowered=lowered)
            .filter(lowered__range=(start.lower(), f"{start.lower()}~"))
            .order_by("lowered")
        )

    def with_email(self, email: str) -> UserQuerySet:
        """Who has that address, confirmed or not; nobody has the empty one."""
        return self.alias(lowered=Lower("email")).filter(lowered=email.lower()).exclude(email="")

    def suspended(self) -> UserQuerySet:
        """People whose suspension is in force now."""
        return self.filter(_suspended_now())

    def active(self) -> UserQuerySet:
        """People who can log in and are not suspended."""
        return self.filter(~_suspended_now(), is_active=True)

    def never_logged_in(self) -> UserQuerySet:
        """People who signed up and have not logged in since."""
        return self.filter(last_login=None)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def named(self, names: Iterable[str]) -> UserQuerySet:
        return self.get_queryset().named(names)

    def name_starts_with(self, start: str) -> UserQuerySet:
        return self.get_queryset().name_starts_with(start)

    def suspended(self) -> UserQuerySet:
        return self.get_queryset().suspended()

    def with_email(self, email: str) -> UserQuerySet:
        return self.get_queryset().with_email(email)

    def get_by_natural_key(self, username: str | None) -> User:
        """The person of that name in any case; raises `User.DoesNotExist`."""
        return self.named([username or ""]).get()

    def create_user(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> User:
        """A new account; without a password nobody can log in to it."""
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> User:
        """A new account that administers the site (for `manage.py createsuperuser`)."""
        user = self.create_user(username, email, password, **fields)
        user.role_assignments.create(kind="administrator")
        return user


class User(AbstractBaseUser):
    """A member. What they may do is answered by `forum.permissions`, not by rows of Django's."""

    username = models.CharField(
        _("name"),
        max_length=30,
        unique=True,
        validators=[name_validator],
        error_messages={"unique": _("Somebody here has that name already.")},
    )
    name_key = models.GeneratedField(
        expression=NameKey("username"),
        output_field=models.CharField(max_length=30),
        db_persist=True,
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    is_active = models.BooleanField(_("can log in"), default=True)
    date_joined = models.DateTimeField(_("here since"), default=timezone.now)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    keys = models.BooleanField(_("single-key shortcuts"), default=True)

    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    suspended_action = models.ForeignKey(
        "forum.ModerationAction", models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Of an account that was erased; nobody else takes the name that it had: its hash is kept.
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    former_name = models.CharField(max_length=64, blank=True, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [
            # Where names begin so: in the order of bytes, whatever the database's language is.
            models.Index(Collate(Lower("username"), "C"), name="user_by_name"),
            models.Index(
                fields=["former_name"], condition=~models.Q(former_name=""), name="user_former"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_unique",
                violation_error_message=_("Somebody here has that name already."),
            ),
            models.UniqueConstraint(
                fields=["name_key"],
                name="user_name_not_confusable",
                violation_error_message=_("That name looks like the name of somebody here."),
            ),
            # "ALICE-B" reads as "alice_b" too, whatever its I looks like.
            models.UniqueConstraint(
                Replace(Replace(Lower("username"), Value("_")), Value("-")),
                name="user_name_without_separators",
                violation_error_message=_("That name looks like the name of somebody here."),
            ),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="user_email_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(username__regex=rf"^({NAME})$"), name="user_name_plain"
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
    def is_suspended(self) -> bool:
        """Whether a suspension is in force now."""
        if self.suspended_at is None:
            return False
        return self.suspended_until is None or timezone.now() < self.suspended_until

    def is_kept(self, kind: str) -> bool:
        """Whether moderators keep this person from something, in whatever board."""
        return any(each["kind"] == kind for each in self.roles.restrictions)

    @property
    def tzinfo(self) -> zoneinfo.ZoneInfo:
        """The zone in which this person reads times; the site's when theirs is no more."""
        try:
            return zoneinfo.ZoneInfo(self.zone or settings.TIME_ZONE)
        except zoneinfo.ZoneInfoNotFoundError:
            return zoneinfo.ZoneInfo(settings.TIME_ZONE)

    @cached_property
    def roles(self) -> Roles:
        """What this person was appointed to; asked once per request."""
        return self.roles_and_counts[0]

    @cached_property
    def unread_notifications(self) -> int:
        """How many posts this person was told of and has not seen."""
        from forum.models.roles import count_unread_notifications

        return count_unread_notifications(self)

    @cached_property
    def roles_and_counts(self) -> tuple[Roles, int, int]:
        """The standing, with counts that come by the same query."""
        from forum.models.roles import roles_and_counts_of

        return roles_and_counts_of(self)

    # Django's admin and its login ask these; the answers are ours.

    @property
    def is_staff(self) -> bool:
        return self.is_active and not self.is_suspended and self.roles.moderates_anything

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.roles.is_administrator

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser

    def has_perms(self, perms: Iterable[str], obj: object = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff
