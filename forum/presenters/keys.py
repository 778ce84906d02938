"""Keyboard shortcuts: what each key does, for the help, the rail of a thread and the script.

The actions themselves are in `static/js/keys.js`, by the same names.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Shortcut(NamedTuple):
    """Keys as browsers name them, each with its action, and what they do, in turn."""

    actions: dict[str, str]
    text: Promise

    @property
    def labels(self) -> list[str]:
        return [label_of(key) for key in self.actions]


class ShortcutGroup(NamedTuple):
    """Shortcuts of a part of the site; `scope` is where the script looks them up."""

    heading: Promise
    scope: str
    shortcuts: tuple[Shortcut, ...]


SHORTCUTS = (
    ShortcutGroup(
        _("Moving between posts"),
        "thread",
        (
            Shortcut(
                {"j": "next_post", "k": "previous_post"},
                _("next, previous post (skips folded ones)"),
            ),
            Shortcut({"n": "next_unread", "N": "previous_unread"}, _("next, previous unread post")),
            Shortcut(
                {"J": "next_sibling", "K": "previous_sibling"},
                _("next, previous reply to the same post"),
            ),
            Shortcut({"[": "previous_branch", "]": "next_branch"}, _("previous, next branch")),
            Shortcut({"p": "parent"}, _("go to parent")),
            Shortcut({"i": "preview_parent"}, _("preview parent")),
            Shortcut({"h": "opening_post"}, _("go to opening post")),
            Shortcut({"b": "back"}, _("back to where you were")),
        ),
    ),
    ShortcutGroup(
        _("On a post"),
        "thread",
        (
            Shortcut({"r": "reply"}, _("reply")),
            Shortcut(
                {"q": "quote"},
                _("reply with the selected text or the whole post as a quote"),
            ),
            Shortcut({"e": "edit"}, _("edit your post")),
            Shortcut({"l": "copy_link"}, _("copy link")),
            Shortcut({"m": "menu"}, _("open the More menu")),
        ),
    ),
    ShortcutGroup(
        _("In a thread"),
        "thread",
        (
            Shortcut({"c": "fold", "C": "fold_all"}, _("fold or unfold a branch, all branches")),
            Shortcut({".": "show_new_replies"}, _("show new replies")),
        ),
    ),
    ShortcutGroup(
        _("In a list of threads"),
        "list",
        (
            Shortcut({"j": "next_thread", "k": "previous_thread"}, _("next, previous thread")),
            Shortcut({"o": "open_thread"}, _("open thread")),
            Shortcut({"n": "next_unread_thread"}, _("next thread with unread posts")),
        ),
    ),
    ShortcutGroup(
        _("Anywhere"),
        "anywhere",
        (
            Shortcut({"/": "search"}, _("search")),
            Shortcut({"?": "show_keys"}, _("show keyboard shortcuts")),
            # Other scripts handle these two.
            Shortcut({"Escape": ""}, _("close what is open; leave a reply (the text is saved)")),
            Shortcut({"Ctrl Enter": ""}, _("post (⌘ Enter on a Mac)")),
        ),
    ),
)

# The shortcuts listed beside a thread, by their actions.
IN_RAIL = (
    (("next_unread",), _("next unread")),
    (("next_post", "previous_post"), _("next, previous post")),
    (("parent", "back"), _("parent, and back")),
    (("fold",), _("fold or unfold")),
    (("reply", "quote"), _("reply, quote")),
)


def label_of(key: str) -> str:
    """Return a key as the help shows it."""
    if key == "Escape":
        return "Esc"
    return f"Shift {key.lower()}" if len(key) == 1 and key.isupper() else key


def _key_map() -> dict[str, dict[str, str]]:
    key_map: dict[str, dict[str, str]] = {}
    for group in SHORTCUTS:
        for shortcut in group.shortcuts:
            actions = {key: action for key, action in shortcut.actions.items() if action}
            key_map.setdefault(group.scope, {}).update(actions)
    return key_map


# The action of each key, by scope; for `static/js/keys.js`.
KEY_MAP = _key_map()


def rail_shortcuts(*, is_member: bool) -> list[tuple[list[str], Promise]]:
    """Return labels and text of the shortcuts beside a thread; only members have unread posts."""
    keys = {action: label_of(key) for key, action in KEY_MAP["thread"].items()}
    return [
        ([keys[action] for action in actions], text)
        for actions, text in IN_RAIL
        if is_member or actions != ("next_unread",)
    ]
