"""Quotes that an address asks for, so that quoting works without scripts too."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest

from forum.lib.htmx import wants_fragment
from forum.markup.quotes import as_quote
from forum.markup.render import MAX_SOURCE, render
from forum.models import Draft, Post, User
from forum.url_params import ID_PARAM
from forum.views.compose import Composer

# More than anybody asks for in one address, or writes at once.
MOST = 10


def add_quotes(request: HttpRequest, composer: Composer, parent: Post) -> None:
    """Add what `?quote=` asks for to the text: `1` is the post answered, `p12` any other.

    Of each post its own words, and only what this reader may read. What is in the text already is
    not added again: the page may be loaded twice. On a page of its own they can be taken along to
    another reply that the member has begun in this thread.
    """
    posts = list(_asked_for(request, parent))
    for post in posts:
        quote = as_quote(render(post.shown_source).own)
        if quote.strip() in composer.source or len(composer.source) > MAX_SOURCE:
            continue
        text = composer.source.rstrip()
        composer.source = f"{text}\n\n{quote}" if text else quote
        composer.pointed_at.append(post.pk)
    if posts and not wants_fragment(request):
        query = "&".join(f"quote=p{post.pk}" for post in posts)
        composer.other_replies = [
            (name, f"{address}?{query}") for name, address in _begun(request, parent)
        ]


def _asked_for(request: HttpRequest, parent: Post) -> Iterator[Post]:
    asked = request.GET.getlist("quote")[:MOST]
    ids = {value: int(match[2]) for value in asked if (match := ID_PARAM.fullmatch(value))}
    posts = Post.objects.visible_to(request.user).readable()
    others = {post.pk: post for post in posts.filter(pk__in=ids.values())} if ids else {}
    for value in asked:
        post = parent if value == "1" else others.get(ids.get(value, 0))
        if post:
            yield post


def _begun(request: HttpRequest, parent: Post) -> Iterator[tuple[str, str]]:
    """To whom the member has begun other replies in the thread, and where they go on."""
    if isinstance(request.user, User):
        drafts = Draft.objects.of(request.user).kept().in_thread(parent.thread)
        for draft in drafts.with_context(request.user).latest()[:MOST]:
            if draft.parent and draft.parent_id != parent.pk and draft.is_parent_readable:
                yield draft.parent.author.username, draft.get_absolute_url()
