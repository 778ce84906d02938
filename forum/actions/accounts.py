"""Accounts: the first administrator, and the settings of members.

Signing up, logging in and e-mail addresses are handled by django-allauth; see
`forum.forms.accounts`.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from forum.errors import Invalid
from forum.models import Role, User


@transaction.atomic
def create_administrator(*, name: str, password: str, email: str = "") -> User | None:
    """Create the first administrator, who can log in at once; return None if there is one.

    Without `email` a placeholder address is confirmed, since logging in needs one. Raises
    `ValidationError` when the name is invalid or taken.
    """
    if Role.objects.filter(kind=Role.Kind.ADMINISTRATOR).exists():
        return None
    address = email.lower() or f"{name.lower()}@localhost"
    User(username=name, email=address).full_clean(exclude=["password"])
    return User.objects.create_superuser(name, address, password)


def set_password(person: User, password: str) -> None:
    """Change a password; all other sessions of this person end with their next request."""
    person.set_password(password)
    person.save(update_fields=["password"])


def replace_password(person: User, password: str) -> None:
    """Set another person's password; if empty, they have to choose one by mail.

    Their sessions end, and links to choose a password that were mailed before no longer work.
    """
    person.set_password(password or None)  # None: no password fits
    person.save(update_fields=["password"])


def mail_password_link(person: User) -> None:
    """Mail a person the link with which they choose a new password, as if they had asked for it."""
    link = {"uid": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    get_adapter().send_password_reset_mail(person, person.email, {"user": person} | link)


def end_sessions(person: User) -> None:
    """Delete all sessions of a person, with the text that they may contain."""
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


def has_confirmed_address(person: User) -> bool:
    """Return whether a person has confirmed their current address."""
    addresses = EmailAddress.objects.filter(user=person, email__iexact=person.email)
    return addresses.filter(verified=True).exists()


def confirm_address(person: User) -> None:
    """Confirm a person's current address on their behalf.

    Raises `Invalid` when another account has confirmed it.
    """
    set_address(person, person.email, is_confirmed=True)


def set_address(person: User, address: str, *, is_confirmed: bool) -> None:
    """Replace a person's addresses with this one.

    Raises `Invalid` when another account has it.
    """
    address = address.lower()
    others = EmailAddress.objects.filter(email=address, verified=True).exclude(user=person)
    claimed = User.objects.with_email(address).exclude(pk=person.pk)
    if others.exists() or (claimed.exists() and not is_confirmed):
        raise Invalid(_("Another account has this address."))
    EmailAddress.objects.filter(user=person).delete()
    mine = EmailAddress(user=person, email=address, verified=is_confirmed, primary=True)
    if is_confirmed:
        release_address(mine)
    mine.save()
    person.email = address
    person.save(update_fields=["email"])


def add_account(name: str, *, address: str, password: str) -> User:
    """Create an account with a confirmed address; without a password, one is chosen by mail."""
    person = User.objects.create_user(name, address, password or None)
    set_address(person, address, is_confirmed=True)
    return person


def save_settings(
    person: User, *, zone: str, follow_own_posts: str, mentions_pass_mute: bool
) -> None:
    """Save a member's settings: the columns of the same names.

    The time zone is an IANA name; empty for the site's own.
    """
    person.zone = zone
    person.follow_own_posts = follow_own_posts
    person.mentions_pass_mute = mentions_pass_mute
    person.save(update_fields=["zone", "follow_own_posts", "mentions_pass_mute"])


def set_keys(person: User, *, are_on: bool) -> None:
    """Switch the single-key shortcuts on or off for a member."""
    person.keys = are_on
    person.save(update_fields=["keys"])


def forget_abandoned_signups() -> int:
    """Delete sign-ups that nobody confirmed in time, so that their names are free again."""
    return User.objects.abandoned().unused().delete()[0]


def release_address(address: EmailAddress) -> None:
    """Remove an address from all accounts that have not confirmed it.

    Called when somebody confirms it, so that nobody can block an address by entering it first.
    Sign-ups that have no other address are deleted.
    """
    proven = EmailAddress.objects.filter(email=address.email, verified=True).values("user")
    claims = User.objects.with_email(address.email).exclude(pk=address.user_id)
    with transaction.atomic():
        claims.unconfirmed().unused().delete()
        claims.exclude(pk__in=proven).update(email="")
        EmailAddress.objects.filter(email=address.email, verified=False).exclude(
            user=address.user_id
        ).delete()
