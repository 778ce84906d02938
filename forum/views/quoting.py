"""Quotes that an address asks for, so that quoting works without scripts too."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest

from forum.lib.addresses import IN_QUERY
from forum.markup.quotes import as_quote
from forum.markup.render import MAX_SOURCE, render
from forum.models import Post
from forum.views.compose import Composer

# More than anybody asks for in one address.
MOST = 10


def add_quotes(request: HttpRequest, composer: Composer, parent: Post) -> None:
    """Add what `?quote=` asks for to the text: `1` is the post answered, `p12` any other.

    Of each post its own words, and only what this reader may read. What is in the text already is
    not added again: the page may be loaded twice.
    """
    for post in _asked_for(request, parent):
        quote = as_quote(render(post.shown_source).own)
        if quote.strip() in composer.source or len(composer.source) > MAX_SOURCE:
            continue
        text = composer.source.rstrip()
        composer.source = f"{text}\n\n{quote}" if text else quote
        composer.pointed_at.append(post.pk)


def _asked_for(request: HttpRequest, parent: Post) -> Iterator[Post]:
    asked = request.GET.getlist("quote")[:MOST]
    ids = {value: int(match[2]) for value in asked if (match := IN_QUERY.fullmatch(value))}
    posts = Post.objects.visible_to(request.user).readable()
    others = {post.pk: post for post in posts.filter(pk__in=ids.values())} if ids else {}
    for value in asked:
        post = parent if value == "1" else others.get(ids.get(value, 0))
        if post:
            yield post
