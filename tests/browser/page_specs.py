"""Descriptions of pages for tests to open, and the addresses of pages in the sample data."""

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
from tests.browser.sample_data import SampleData, get_opening_post

Steps = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page: its address, who opens it, its expected status, and steps to take first."""

    address: Callable[[SampleData], str]
    person: str = ""
    status: int = 200
    steps: Steps | None = None


def literal_url(address: str) -> Callable[[SampleData], str]:
    return lambda _sample_data: address


def named_url(name: str, *args: object) -> Callable[[SampleData], str]:
    return lambda _sample_data: reverse(name, args=args)


def thread_url(thread: str) -> Callable[[SampleData], str]:
    return lambda sample_data: getattr(sample_data, thread).get_absolute_url()


def url_for_thread(name: str, thread: str) -> Callable[[SampleData], str]:
    return lambda sample_data: reverse(name, args=[getattr(sample_data, thread).pk])


def flat_thread_url(thread: str) -> Callable[[SampleData], str]:
    return lambda sample_data: f"{thread_url(thread)(sample_data)}?order=time"


def url_of_future_date(thread: str) -> Callable[[SampleData], str]:
    return lambda sample_data: (
        f"{url_for_thread('thread-jump', thread)(sample_data)}?to=date&date=2999-01-01"
    )


def url_for_opening_post(name: str, thread: str) -> Callable[[SampleData], str]:
    return lambda sample_data: reverse(
        name, args=[get_opening_post(getattr(sample_data, thread)).pk]
    )


def url_for_reply(name: str, thread: str, **filters: object) -> Callable[[SampleData], str]:
    """Return the address for the first reply in a thread that matches."""

    def address(sample_data: SampleData) -> str:
        replies = Post.objects.filter(thread=getattr(sample_data, thread), level__gt=0, **filters)
        return reverse(name, args=[replies.order_by("pk")[0].pk])

    return address


def url_for_quote(thread: str, ordinal: int) -> Callable[[SampleData], str]:
    """Return the address of a quote in the post of a thread with the most quotes."""

    def address(sample_data: SampleData) -> str:
        posts = (
            Post.objects.filter(thread=getattr(sample_data, thread))
            .order_by()
            .alias(n=Count("quotes"))
        )
        return reverse("post-quote", args=[posts.order_by("-n")[0].pk, ordinal])

    return address


def url_for_log_entry(name: str, act: str = "hide-post") -> Callable[[SampleData], str]:
    """Return the address for the first entry of the moderation log with that action."""
    return lambda _sample_data: reverse(
        name, args=[ModerationAction.objects.filter(act=act).earliest("pk").pk]
    )


def appeal_url(sample_data: SampleData) -> str:
    return Appeal.objects.filter(member=sample_data.bob).earliest("pk").get_absolute_url()


def url_of_middle_page(thread: str) -> Callable[[SampleData], str]:
    """Return the page of a long thread that begins with its hundredth post."""

    def address(sample_data: SampleData) -> str:
        found = getattr(sample_data, thread)
        return f"{found.get_absolute_url()}?at=p{Post.objects.in_thread(found)[100].pk}"

    return address


def email_confirmation_url(sample_data: SampleData) -> str:
    address = EmailAddress.objects.get(user=sample_data.dan)
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])


def password_reset_url(sample_data: SampleData) -> str:
    key = default_token_generator.make_token(sample_data.dan)
    return reverse(
        "account_reset_password_from_key", args=[user_pk_to_url_str(sample_data.dan), key]
    )
