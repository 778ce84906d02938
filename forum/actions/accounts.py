"""Accounts: the first administrator, and the settings of members.

Signing up, logging in and e-mail addresses are handled by django-allauth; see
`forum.forms.accounts`.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

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
    person = User.objects.create_user(name, address, password)
    Role.objects.create(person=person, kind=Role.Kind.ADMINISTRATOR)
    EmailAddress.objects.create(user=person, email=address, verified=True, primary=True)
    return person


def set_password(person: User, password: str) -> None:
    """Change a password; all other sessions of this person end with their next request."""
    person.set_password(password)
    person.save(update_fields=["password"])


def set_zone(person: User, zone: str) -> None:
    """Set a member's time zone, an IANA name; empty for the site's own."""
    person.zone = zone
    person.save(update_fields=["zone"])


def set_keys(person: User, *, are_on: bool) -> None:
    """Switch the single-key shortcuts on or off for a member."""
    person.keys = are_on
    person.save(update_fields=["keys"])


def release_address(address: EmailAddress) -> None:
    """Remove an address from all accounts that have not confirmed it.

    Called when somebody confirms it, so that nobody can block an address by entering it first.
    """
    proven = EmailAddress.objects.filter(email=address.email, verified=True).values("user")
    claims = User.objects.with_email(address.email).exclude(pk=address.user_id)
    with transaction.atomic():
        claims.exclude(pk__in=proven).update(email="")
        EmailAddress.objects.filter(email=address.email, verified=False).exclude(
            user=address.user_id
        ).delete()
