"""Every state there is, by its name in the log, and how what has it is locked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from forum.actions import claims, configuration, erasures, premoderation, states
from forum.actions.states import State, restriction_state

# Threads before members, as everywhere.
LOCKS: dict[str, Callable[[Collection[int]], Sequence[Any]]] = {
    **states.LOCKS,
    **configuration.LOCKS,
}

STATES = {
    (state.kind, state.key): state
    for state in (
        *(states.HIDDEN, states.WORDING, states.REPORTS),
        *(states.BRANCH_LOCKED, states.BRANCH_SLOW),
        *(states.LOCKED, states.SLOW, states.PINNED, states.TITLE),
        *(states.SUSPENDED, states.WARNED, states.NOTED),
        *(claims.ASSIGNEE, claims.HELD_ASSIGNEE, premoderation.HELD),
        *(erasures.POST_ASKED, erasures.PERSON_ASKED),
        *(configuration.state_of_rows(kind) for kind in configuration.KINDS),
    )
}


def state_of(kind: str, key: str) -> State:
    """The state of that name in the log."""
    if (kind, key) in STATES:
        return STATES[kind, key]
    restriction, _colon, board = key.partition(":")
    return restriction_state(restriction, int(board) if board else None)
