"""Accounts: the first administrator, and what people change about themselves.

Signing up, logging in and addresses are django-allauth's; see `forum.forms.accounts`.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from forum.models import Role, User


@transaction.atomic
def create_administrator(*, name: str, password: str, email: str = "") -> User | None:
    """Make the first administrator, who can log in at once; None when there is one already.

    Without `email` the address is one that leads nowhere, since logging in needs a confirmed one.
    Raises `ValidationError` when nobody may be called `name`, or somebody is already.
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
    """Change a password; every other session of this person ends with their next request."""
    person.set_password(password)
    person.save(update_fields=["password"])


def set_zone(person: User, zone: str) -> None:
    """Show this person times in `zone`, an IANA name; empty for the site's own."""
    person.zone = zone
    person.save(update_fields=["zone"])


def set_keys(person: User, *, are_on: bool) -> None:
    """Let single keys do something for this person, or nothing."""
    person.keys = are_on
    person.save(update_fields=["keys"])


def release_address(address: EmailAddress) -> None:
    """Take an address away from everybody who named it without proving that it is theirs.

    For the moment in which somebody does prove it, so that nobody can keep an address from its
    owner by having named it first.
    """
    proven = EmailAddress.objects.filter(email=address.email, verified=True).values("user")
    claims = User.objects.with_email(address.email).exclude(pk=address.user_id)
    with transaction.atomic():
        claims.exclude(pk__in=proven).update(email="")
        EmailAddress.objects.filter(email=address.email, verified=False).exclude(
            user=address.user_id
        ).delete()
