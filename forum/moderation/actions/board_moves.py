"""Moving a thread to another board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType
from forum.models import Board, ModerationAction, Thread, User
from forum.moderation.base import Plan, StateAction
from forum.moderation.branch_transfer import is_gone
from forum.moderation.forms import InBoardForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import THREAD, TargetState
from forum.permissions import PermissionResult, can_moderate, can_moderate_thread


def _write_board(values: Sequence[tuple[Thread, int]], action: ModerationAction) -> None:
    for thread, board_id in values:
        thread.board_id = board_id
        thread.save(update_fields=["board"])


BOARD = register_state(
    TargetState(
        kind=THREAD.kind,
        key="board",
        read=lambda thread: thread.board_id,
        write=_write_board,
        permission=can_moderate_thread,
    )
)


class MoveToBoardForm(InBoardForm):
    board = forms.ModelChoiceField(label=_("Board"), queryset=Board.objects.order_by("name"))
    field_order = ["board", "reason", "note", "seen"]


class MoveToBoard(StateAction[Thread]):
    """Move a thread to another board, if the actor moderates both."""

    entry = LogEntryType(
        "move-to-board",
        _("moved a thread to another board"),
        inverse="move-to-board",
        notifies=True,
        notification=_("Your thread was moved to another board."),
    )
    kind = THREAD
    slug = "move-to-board"
    button = _("Move to another board")
    position = 18
    question = ngettext_lazy("Move this thread?", "Move these %(count)d threads?", "count")
    outcome = _("It is listed in the other board. Links still work.")
    done = ngettext_lazy("Thread moved.", "%(count)d threads moved.", "count")
    form = MoveToBoardForm
    state = BOARD

    def is_applicable(self, target: Thread) -> bool:
        return is_gone(target) is None

    def plan(self, targets: Sequence[Thread], *, board: Board) -> Plan:
        def moderate_both(actor: User, thread: Thread) -> PermissionResult:
            return can_moderate_thread(actor, thread) and can_moderate(actor, board)

        return replace(self.set_to(targets, board.pk), permission=moderate_both)


move_to_board = register(MoveToBoard())
