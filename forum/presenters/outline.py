"""The HTML of outlines: a line for each post, indented by its level, in branches that fold.

Beside a page of posts it lists the posts of that page (`render_page_outline`). Beyond the page, and
on the outline's own page, it lists branches (`render_branch_outline`); which ones is decided by
`forum.queries.branch_outline`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.text import excerpt
from forum.lib.tree import branch_sizes, depths, in_tree_order
from forum.presenters.read_state import unread_suffix
from forum.queries.branch_outline import Outline, OutlineBranch
from forum.queries.thread_pages import MAX_POSTS_COUNTED, PostRow

EXCERPT_CHARACTERS = 60  # two lines, enough to recognise a post


def render_page_outline(rows: Sequence[PostRow], title: str, new: frozenset[int]) -> SafeString:
    """Return the outline of all posts of a page in tree order; the first row is the root.

    Branches can be folded. `new` are the ids of unread posts.
    """
    pairs = [(row.id, row.parent_id) for row in rows]
    ordered = [rows[place] for place in in_tree_order(pairs)]
    lines = [
        outline_line(
            row, f"#p{row.id}", title if row is rows[0] else _words(row), is_new=row.id in new
        )
        for row in ordered
    ]
    levels = depths([(row.id, row.parent_id) for row in ordered])
    sizes = branch_sizes(levels)
    folds = {
        place: replies_in_words(size) + unread_suffix(_count_new(ordered, place, size, new))
        for place, (level, size) in enumerate(zip(levels, sizes, strict=True))
        if size and place and level <= 1
    }
    return mark_safe("".join(_nested(lines, levels, folds)))  # noqa: S308 (escaped in `outline_line`)


def _count_new(rows: Sequence[PostRow], place: int, size: int, new: frozenset[int]) -> int:
    return sum(row.id in new for row in rows[place + 1 : place + 1 + size])


def render_branch_outline(outline: Outline) -> SafeString:
    """Return the branches of a large thread, with the path from a head to the post asked for."""
    html: list[str] = []
    for branch in outline.branches:
        rows = [branch.head, *branch.path]
        lines = [outline_line(row, f"/p/{row.id}/", _words(row)) for row in rows]
        lines[0] += _size(branch)
        if branch.path and branch.path[0].parent_id != branch.head.id:
            between = branch.path[0].level - 2
            words = ngettext("%(count)d post between", "%(count)d posts between", between) % {
                "count": between
            }
            lines[0] += f"<small>{words}</small>"
        html += _nested(lines, list(range(len(lines))), {})
    return mark_safe("".join(html))  # noqa: S308 (escaped in `outline_line`)


def _words(row: PostRow) -> str:
    return _("Ignored post") if row.is_ignored else row.excerpt


def outline_line(row: PostRow, address: str, words: str, *, is_new: bool = False) -> str:
    """Return the line of one post as an open `li`: the replies follow inside."""
    opened = '<li class="is-unread">' if is_new else "<li>"
    if not row.is_readable:
        return f'{opened}<a href="{address}">{_("A removed post")}</a>'
    said = escape(excerpt(words, EXCERPT_CHARACTERS))
    new = f'<span class="visually-hidden"> ({_("unread")})</span>' if is_new else ""
    return f'{opened}<a href="{address}"><b>{row.author}</b> <bdi>{said}</bdi>{new}</a>'


def _size(branch: OutlineBranch) -> str:
    """Return “38 replies, 2 new”."""
    new = unread_suffix(branch.unread)
    if not branch.size and not new:
        return ""
    if branch.size >= MAX_POSTS_COUNTED:
        many = _("%(count)s replies or more") % {"count": f"{MAX_POSTS_COUNTED:,}"}
        return f"<small>{many}{new}</small>"
    return f"<small>{replies_in_words(branch.size)}{new}</small>"


def replies_in_words(count: int) -> str:
    """Return “38 replies”."""
    return ngettext("%(count)d reply", "%(count)d replies", count) % {"count": count}


def _nested(lines: Sequence[str], levels: Sequence[int], folds: Mapping[int, str]) -> Iterator[str]:
    """Return list items, each with a nested list of the posts below it.

    `folds` are the summaries of the lists that can be folded, by the place of their line.
    """
    closing: list[str] = []  # of the lines that are open, the innermost last
    for place, line in enumerate(lines):
        yield line
        if place + 1 < len(lines) and levels[place + 1] > levels[place]:
            if summary := folds.get(place):
                yield f"<details open><summary>{summary}</summary>"
            yield '<ol role="list">'
            closing.append("</ol></details></li>" if summary else "</ol></li>")
            continue
        yield "</li>"
        following = levels[place + 1] if place + 1 < len(lines) else 0
        while len(closing) > following:
            yield closing.pop()
