"""Boards by the addresses that they had before."""

from __future__ import annotations

from forum.models import Board, ModerationEffect


def board_formerly_at(slug: str) -> Board | None:
    """Return the board that had this slug last, according to the moderation log."""
    renamed = ModerationEffect.objects.filter(
        kind=ModerationEffect.Kind.BOARD, before__row__slug=slug
    )
    boards = renamed.order_by("-id").values_list("target_id", flat=True)
    return Board.objects.filter(pk__in=boards[:1]).first()
