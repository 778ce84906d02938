"""The registry of moderation actions and of the states that they set.

Addresses, pages, menus, the admin's bulk actions and the rows of the test tables are derived from
it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from typing import Any, TypeVar

from forum.log_entry_types import register_type
from forum.moderation.base import Action
from forum.moderation.targets import TARGET_KINDS, TargetKind, TargetState

A = TypeVar("A", bound=Action[Any])

_actions: dict[str, dict[str, Action[Any]]] = {kind: {} for kind in TARGET_KINDS}
_states: dict[tuple[str, str], TargetState] = {}
# Families of states whose key contains an id: “silence:3”.
_families: dict[str, Callable[[str], TargetState]] = {}
# Functions that lock the targets of each kind, in the order in which locks are taken.
LOCKS: dict[str, Callable[[Collection[int]], Sequence[Any]]] = {
    kind.kind: kind.lock for kind in TARGET_KINDS.values()
}


def register(action: A) -> A:
    """Register an action and return it."""
    if action.slug in _actions[action.kind.kind]:
        raise ValueError(f"two actions on a {action.kind.kind} are called {action.slug!r}")
    register_type(action.entry)
    _actions[action.kind.kind][action.slug] = action
    return action


def register_state(state: TargetState) -> TargetState:
    """Register a state, so that `undo` can find it by its name in the log."""
    _states[state.kind, state.key] = state
    return state


def register_states_of(prefix: str, find: Callable[[str], TargetState]) -> None:
    """Register a family of states: `find` is called with the part of the name after the colon."""
    _families[prefix] = find


def discover() -> None:
    """Import every module that registers an action."""
    package = import_module("forum.moderation.actions")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    import_module("forum.moderation.appeals")
    import_module("forum.moderation.configuration")
    import_module("forum.moderation.members")
    import_module("forum.moderation.roles")


def actions_on(kind: TargetKind | str) -> list[Action[Any]]:
    """Return all actions on that kind of target, in the order of menus."""
    name = kind if isinstance(kind, str) else kind.kind
    return sorted(_actions[name].values(), key=lambda action: action.position)


def get_action(kind: str, slug: str) -> Action[Any] | None:
    """Return the action that an address names."""
    return _actions.get(kind, {}).get(slug)


def all_actions() -> list[Action[Any]]:
    """Return every action that is offered."""
    return [action for kind in TARGET_KINDS for action in actions_on(kind)]


def state_named(kind: str, key: str) -> TargetState:
    """Return the state with that name in the log."""
    if (kind, key) in _states:
        return _states[kind, key]
    prefix, _colon, rest = key.partition(":")
    return _families[prefix](rest)
