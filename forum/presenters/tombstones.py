"""The rows of a window that are shown, and the tombstones that stay."""

from __future__ import annotations

from collections import Counter

from forum.queries.thread_pages import PostRow, PostWindow


def _is_hidden_with_parent(row: PostRow) -> bool:
    """Return whether the tombstone of the parent stands for this post too."""
    if row.is_readable or row.hidden_action_id is None or row.parent is None:
        return False
    return row.parent.hidden_action_id == row.hidden_action_id


def select_visible_rows(
    rows: list[PostRow], window: PostWindow
) -> tuple[list[PostRow], dict[int, int]]:
    """Return the rows to show, and for tombstones the number of posts each stands for.

    Deleted posts without replies are left out; a deleted post whose only reply is deleted too is
    merged into that one. Posts hidden by a moderator keep a tombstone with the reason, a branch
    hidden as a whole keeps one for all of it. Posts in whose branches the next page begins stay,
    because it does not show them again.
    """
    if window.order == "time":
        return [row for row in rows if not (row.deleted_at or _is_hidden_with_parent(row))], {}
    continues_below = window.continues_below
    kept: list[PostRow] = []
    unfinished = {continues_below}
    answered = {continues_below}
    for row in reversed(rows):
        if row.id in unfinished:
            unfinished.add(row.parent_id)
        if row.id in answered or not (row.deleted_at or _is_hidden_with_parent(row)):
            kept.append(row)
            answered.add(row.parent_id)
    kept.reverse()
    answers = Counter(row.parent_id for row in kept)
    merged: dict[int, int] = {}
    replaced: dict[int, PostRow] = {}
    drawn: list[PostRow] = []
    for row in kept:
        above = replaced.get(row.parent_id or 0)
        if above is not None and _is_deleted_by_author(row):
            merged[row.id] = merged.pop(above.id, 1) + 1
            row.parent_id, row.level = above.parent_id, above.level
            drawn.remove(above)
        drawn.append(row)
        if _is_deleted_by_author(row) and answers[row.id] == 1 and row.id not in unfinished:
            replaced[row.id] = row
    return drawn, merged


def _is_deleted_by_author(row: PostRow) -> bool:
    """Return whether its author deleted it, and nothing was erased."""
    return row.deleted_at is not None and row.erased_action_id is None
