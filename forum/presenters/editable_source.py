"""The Markdown of a post in a form: quoted words that its reader may not read are masked.

What a form sends back is unmasked, so that nobody removes a quote by editing around it.
"""

from __future__ import annotations

from forum.markup.redaction import mask_blocks, unmask_blocks
from forum.models import Post, Quote
from forum.models.visibility import Reader

MASK = "[hidden quote "


def masked_for(reader: Reader, source: str, post_id: int) -> str:
    """Return a text that a post has or is to have, without quotes that `reader` may not read."""
    if ">" not in source:
        return source
    unreadable = set(Quote.objects.unreadable_words(post_id, reader))
    if not unreadable:
        return source
    quotes = Quote.objects.filter(post=post_id, words__in=unreadable)
    return mask_blocks(source, dict(quotes.values_list("words", "ordinal")))


def unmasked(source: str, post: Post) -> str:
    """Return a text that was sent with the masked quotes of `post` as they are in it."""
    if MASK not in source:
        return source
    return unmask_blocks(source, post.latest_revision().source)
