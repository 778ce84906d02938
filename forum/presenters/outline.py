"""The outline of a thread: a line for each post, indented by its level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.text import excerpt
from forum.lib.tree import depths, in_tree_order
from forum.presenters.read_state import unread_suffix
from forum.queries.outline import Outline, OutlineBranch
from forum.queries.thread_pages import MAX_POSTS_COUNTED, PostRow

# Lines of the outline on a thread's page; the branches of a larger thread are fetched.
MAX_OUTLINE_LINES = 60
EXCERPT_CHARACTERS = 24  # characters


def render_page_outline(rows: Sequence[PostRow], title: str, new: frozenset[int]) -> SafeString:
    """Return the outline of the posts of a page in tree order; the first row is the root.

    Of many posts, the upper levels that fit into `MAX_OUTLINE_LINES`; if not even the branches do,
    the first of them. `new` are the ids of unread posts.
    """
    pairs = [(row.id, row.parent_id) for row in rows]
    ordered = [rows[place] for place in in_tree_order(pairs)]
    levels = depths([(row.id, row.parent_id) for row in ordered])
    deepest = _deepest_that_fits(levels)
    shown = [place for place, level in enumerate(levels) if level <= deepest][:MAX_OUTLINE_LINES]
    ordered, levels = [ordered[place] for place in shown], [levels[place] for place in shown]
    lines = [
        outline_line(
            row, f"#p{row.id}", title if row is rows[0] else row.excerpt, is_new=row.id in new
        )
        for row in ordered
    ]
    return mark_safe("".join(_nested(lines, levels)))  # noqa: S308 (escaped in `outline_line`)


def _deepest_that_fits(levels: Sequence[int]) -> int:
    """Return the deepest level that an outline can show whole; at least that of branches."""
    lines = 0
    for level, posts in sorted(Counter(levels).items()):
        lines += posts
        if lines > MAX_OUTLINE_LINES:
            return max(level - 1, 1)
    return max(levels)


def render_branch_outline(outline: Outline) -> SafeString:
    """Return the branches of a large thread, with the path from a head to the post asked for."""
    html: list[str] = []
    for branch in outline.branches:
        rows = [branch.head, *branch.path]
        lines = [outline_line(row, f"/p/{row.id}/", row.excerpt) for row in rows]
        lines[0] += _size(branch)
        if branch.path and branch.path[0].parent_id != branch.head.id:
            between = branch.path[0].level - 2
            words = ngettext("%(count)d post between", "%(count)d posts between", between) % {
                "count": between
            }
            lines[0] += f"<small>{words}</small>"
        html += _nested(lines, list(range(len(lines))))
    return mark_safe("".join(html))  # noqa: S308 (escaped in `outline_line`)


def outline_line(row: PostRow, address: str, words: str, *, is_new: bool = False) -> str:
    """Return the line of one post as an open `li`: the replies follow inside."""
    opened = '<li class="is-unread">' if is_new else "<li>"
    if not row.is_readable:
        return f'{opened}<a href="{address}">{_("A removed post")}</a>'
    said = escape(excerpt(words, EXCERPT_CHARACTERS))
    new = f'<span class="visually-hidden"> ({_("unread")})</span>' if is_new else ""
    return f'{opened}<a href="{address}"><b>{row.author}</b> <bdi>{said}</bdi>{new}</a>'


def _size(branch: OutlineBranch) -> str:
    """Return “38 replies, 2 unread”."""
    new = unread_suffix(branch.unread)
    if not branch.size and not new:
        return ""
    if branch.size >= MAX_POSTS_COUNTED:
        many = _("%(count)s replies or more") % {"count": f"{MAX_POSTS_COUNTED:,}"}
        return f"<small>{many}{new}</small>"
    count = ngettext("%(count)d reply", "%(count)d replies", branch.size)
    return f"<small>{count % {'count': branch.size}}{new}</small>"


def _nested(lines: Sequence[str], levels: Sequence[int]) -> Iterator[str]:
    """Return list items, each with a nested list of the posts below it."""
    for place, line in enumerate(lines):
        following = levels[place + 1] if place + 1 < len(lines) else 0
        yield line
        if following > levels[place]:
            yield '<ol role="list">'
        else:
            yield "</li>" + "</ol></li>" * (levels[place] - following)
