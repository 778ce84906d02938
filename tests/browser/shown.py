"""A page as tests open it, and where the pages of this world are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.db.models import Count
from django.urls import reverse
from playwright.sync_api import Page

from forum.models import Appeal, ModerationAction, Post
from tests.browser.world import World, opening_of

Steps = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: where it is, who looks at it, its status, and what is done there first."""

    address: Callable[[World], str]
    person: str = ""
    status: int = 200
    steps: Steps | None = None


def at(address: str) -> Callable[[World], str]:
    return lambda _world: address


def named(name: str, *args: object) -> Callable[[World], str]:
    return lambda _world: reverse(name, args=args)


def in_thread(thread: str) -> Callable[[World], str]:
    return lambda world: getattr(world, thread).get_absolute_url()


def of_thread(name: str, thread: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[getattr(world, thread).pk])


def by_time(thread: str) -> Callable[[World], str]:
    return lambda world: f"{in_thread(thread)(world)}?order=time"


def day_to_come(thread: str) -> Callable[[World], str]:
    return lambda world: f"{of_thread('thread-jump', thread)(world)}?to=date&date=2999-01-01"


def of_opening(name: str, thread: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[opening_of(getattr(world, thread)).pk])


def of_reply(name: str, thread: str, **which: object) -> Callable[[World], str]:
    """The address about the first such reply in a thread."""

    def address(world: World) -> str:
        replies = Post.objects.filter(thread=getattr(world, thread), level__gt=0, **which)
        return reverse(name, args=[replies.order_by("pk")[0].pk])

    return address


def of_quote(thread: str, ordinal: int) -> Callable[[World], str]:
    """The address of a quote in the post of a thread that has most of them."""

    def address(world: World) -> str:
        quoting = (
            Post.objects.filter(thread=getattr(world, thread)).order_by().alias(n=Count("quotes"))
        )
        return reverse("post-quote", args=[quoting.order_by("-n")[0].pk, ordinal])

    return address


def of_entry(name: str, act: str = "hide-post") -> Callable[[World], str]:
    """The address about the entry of the log on the act of that name."""
    return lambda _world: reverse(
        name, args=[ModerationAction.objects.filter(act=act).earliest("pk").pk]
    )


def of_appeal(world: World) -> str:
    return Appeal.objects.filter(member=world.bob).earliest("pk").get_absolute_url()


def in_the_middle(thread: str) -> Callable[[World], str]:
    """The page of a long thread that begins with its hundredth post."""

    def address(world: World) -> str:
        found = getattr(world, thread)
        return f"{found.get_absolute_url()}?at=p{Post.objects.in_thread(found)[100].pk}"

    return address


def confirm_email(world: World) -> str:
    address = EmailAddress.objects.get(user=world.dan)
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])


def reset_key(world: World) -> str:
    key = default_token_generator.make_token(world.dan)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(world.dan), key])
