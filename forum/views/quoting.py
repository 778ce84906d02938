"""Quotes requested by an address, so that quoting works without scripts too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.http import HttpRequest

from forum.actions.drafts import Writing
from forum.lib.htmx import wants_fragment
from forum.markup.quote_markdown import quote_post
from forum.markup.rendered_post import MAX_SOURCE
from forum.models import Draft, Post
from forum.models.accounts import known_names
from forum.url_params import ID_PARAM
from forum.views.auth import is_member

# More quotes than one address asks for.
MAX_INSERTED_QUOTES = 10


def with_quotes(
    request: HttpRequest, writing: Writing, parent: Post
) -> tuple[Writing, list[tuple[str, str]]]:
    """Add the quotes that `?quote=` asks for to the text: `1` is the parent, `p12` any other post.

    Only a post's own words that this reader may read are quoted. Quotes that are in the text
    already are not added again, since the page may be loaded twice. On a page of its own, also
    return the names of people whom the member's other drafts in this thread reply to, with
    addresses that take the quotes there.
    """
    posts = list(_requested_posts(request, parent))
    source, quoted = writing.source, list(writing.quoted_post_ids)
    for post in posts:
        quote = quote_post(post.shown_source, post.parent_author, known_names)
        if quote.strip() in source or len(source) > MAX_SOURCE:
            continue
        text = source.rstrip()
        source = f"{text}\n\n{quote}" if text else quote
        quoted += [post.pk] * quote.count("\n\n")  # one for each block
    others = []
    if posts and not wants_fragment(request):
        query = "&".join(f"quote=p{post.pk}" for post in posts)
        others = [(name, f"{address}?{query}") for name, address in _other_drafts(request, parent)]
    return replace(writing, source=source, quoted_post_ids=quoted), others


def _requested_posts(request: HttpRequest, parent: Post) -> Iterator[Post]:
    asked = request.GET.getlist("quote")[:MAX_INSERTED_QUOTES]
    ids = {value: int(match[2]) for value in asked if (match := ID_PARAM.fullmatch(value))}
    others = {}
    if ids:
        posts = Post.objects.visible_to(request.user).readable()
        others = {post.pk: post for post in posts.filter(pk__in=ids.values())}
    for value in asked:
        post = parent if value == "1" else others.get(ids.get(value, 0))
        if post:
            yield post


def _other_drafts(request: HttpRequest, parent: Post) -> Iterator[tuple[str, str]]:
    """Return the member's other drafts in the thread: the names replied to, and addresses."""
    if is_member(request):
        drafts = Draft.objects.of_member(request.user).kept().in_thread(parent.thread)
        for draft in drafts.with_context(request.user).latest()[:MAX_INSERTED_QUOTES]:
            if draft.parent and draft.parent_id != parent.pk and draft.is_parent_readable:
                yield draft.parent.author.username, draft.get_absolute_url()
