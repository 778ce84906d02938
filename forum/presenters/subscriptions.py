"""What a member follows or mutes, in words, with the buttons that change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.models import Board, Post, Subscription, Tag, Thread
from forum.models.posts import post_path

Choice = Subscription.Choice
State = Subscription.State
Target = Board | Tag | Post

STATES = {
    ("branch", Choice.FOLLOW): _lazy("You follow this branch."),
    ("branch", Choice.MAIL): _lazy("You follow this branch, with each post by mail."),
    ("branch", Choice.MUTE): _lazy("You muted this branch."),
    ("thread", Choice.FOLLOW): _lazy("You follow this thread."),
    ("thread", Choice.MAIL): _lazy("You follow this thread, with each post by mail."),
    ("thread", Choice.MUTE): _lazy("You muted this thread."),
    ("board", Choice.FOLLOW): _lazy("You follow this board."),
    ("board", Choice.MAIL): _lazy("You follow this board, with each post by mail."),
    ("board", Choice.MUTE): _lazy("You muted this board."),
    ("tag", Choice.FOLLOW): _lazy("You follow this tag."),
    ("tag", Choice.MAIL): _lazy("You follow this tag, with each post by mail."),
    ("tag", Choice.MUTE): _lazy("You muted this tag."),
}
INHERITED = {
    ("branch", State.FOLLOW): _lazy("You follow a branch around this."),
    ("branch", State.MUTE): _lazy("You muted a branch around this."),
    ("thread", State.FOLLOW): _lazy("You follow the thread."),
    ("thread", State.MUTE): _lazy("You muted the thread."),
    ("board", State.FOLLOW): _lazy("You follow the board %(name)s."),
    ("board", State.MUTE): _lazy("You muted the board %(name)s."),
    ("tag", State.FOLLOW): _lazy("You follow the tag %(name)s."),
    ("tag", State.MUTE): _lazy("You muted the tag %(name)s."),
}
BUTTONS = {
    ("branch", Choice.FOLLOW): _lazy("Follow this branch"),
    ("branch", Choice.MUTE): _lazy("Mute this branch"),
    ("thread", Choice.FOLLOW): _lazy("Follow this thread"),
    ("thread", Choice.MUTE): _lazy("Mute this thread"),
    ("board", Choice.FOLLOW): _lazy("Follow this board"),
    ("board", Choice.MUTE): _lazy("Mute this board"),
    ("tag", Choice.FOLLOW): _lazy("Follow this tag"),
    ("tag", Choice.MUTE): _lazy("Mute this tag"),
}


def key_of(target: Target) -> str:
    """Return the target as addresses name it: `p12`, `b3` or `g7`."""
    letter = {Board: "b", Tag: "g"}.get(type(target), "p")
    return f"{letter}{target.pk}"


def kind_of(target: Target) -> str:
    if isinstance(target, Post):
        return "thread" if target.is_opening else "branch"
    return "board" if isinstance(target, Board) else "tag"


def choice_address(target: str, choice: str, back: str = "") -> str:
    """Return the address that makes a choice for a target, and then leads to `back`.

    No `reverse`, since a list needs dozens.
    """
    address = f"/following/{target}/{choice}/"
    return f"{address}?{urlencode({'next': back})}" if back else address


@dataclass(frozen=True, slots=True)
class SubscriptionControl:
    """The choice of a member for a target, for `subscriptions/_control.html`.

    `own` is the choice for the target itself. Without one, `nearest` decides, which is for what it
    is in. `back` is the page to return to, when it is not that of the target.
    """

    target: str
    kind: str
    own: str = Choice.NONE
    nearest: Subscription | None = None
    back: str = ""
    error: str = ""

    @property
    def words(self) -> str:
        """Return the state in words; empty when nothing was chosen for it or around it."""
        if self.own != Choice.NONE:
            return str(STATES[self.kind, Choice(self.own)])
        return inherited_in_words(self.nearest) if self.nearest else ""

    @property
    def buttons(self) -> Iterator[tuple[str, str]]:
        """Yield what can be chosen now: addresses and words."""
        state = self.own
        if state == Choice.NONE and self.nearest:
            state = self.nearest.choice
        if state not in (Choice.FOLLOW, Choice.MAIL):
            yield self._address(Choice.FOLLOW), str(BUTTONS[self.kind, Choice.FOLLOW])
        elif self.own != Choice.NONE:
            yield self._address(Choice.NONE), _("Stop following")
        if state != Choice.MUTE:
            yield self._address(Choice.MUTE), str(BUTTONS[self.kind, Choice.MUTE])
        elif self.own != Choice.NONE:
            yield self._address(Choice.NONE), _("Unmute")

    def _address(self, choice: Choice) -> str:
        return choice_address(self.target, choice, self.back)


def thread_choices(thread: Thread, back: str) -> list[tuple[str, str]]:
    """Return what a member can choose for a thread in a list: addresses and words."""
    own = thread.own_choice or Choice.NONE
    nearest = None
    if thread.choice:
        is_mute = thread.choice == Choice.MUTE
        nearest = Subscription(state=State.MUTE if is_mute else State.FOLLOW)
    return list(SubscriptionControl(f"t{thread.pk}", "thread", own, nearest, back).buttons)


def inherited_in_words(nearest: Subscription) -> str:
    """Return “You follow the board Gardens.”"""
    if nearest.branch:
        kind, name = kind_of(nearest.branch), ""
    elif nearest.board:
        kind, name = "board", nearest.board.name
    else:
        assert nearest.tag
        kind, name = "tag", nearest.tag.name
    return str(INHERITED[kind, State(nearest.state)]) % {"name": name}


def control_of(
    target: Target, around: Iterable[Subscription], *, back: str = "", error: str = ""
) -> SubscriptionControl:
    """Return the control of a target; `around` has what the member chose for it or around it.

    The nearest comes first, and boards, tags and heads of branches are fetched.
    """
    key, found = key_of(target), list(around)
    own = next((each.choice for each in found if each.target_key == key), Choice.NONE)
    nearest = found[0] if found else None
    return SubscriptionControl(key, kind_of(target), own, nearest, back, error)


# The filters of the page, by their name in the address.
FILTERS = {
    "": _lazy("All"),
    "boards": _lazy("Boards"),
    "tags": _lazy("Tags"),
    "threads": _lazy("Threads"),
    "branches": _lazy("Branches"),
    "muted": _lazy("Muted"),
}


def filter_links(shown: str) -> list[tuple[str, object, bool]]:
    """Return the address and label of each filter, and whether it is the one that is `shown`."""
    page = reverse("following")
    return [
        (f"{page}?show={name}" if name else page, label, name == shown)
        for name, label in FILTERS.items()
    ]


@dataclass(frozen=True, slots=True)
class FollowedEntry:
    """One thing that a member follows or mutes, as the page of all of them shows it."""

    subscription: Subscription
    back: str

    @property
    def is_visible(self) -> bool:
        return bool(getattr(self.subscription, "is_visible", True))

    @property
    def title(self) -> str:
        """Return the name of a board or tag, or the title of the thread."""
        own = self.subscription
        if own.branch:
            return own.branch.thread.title if self.is_visible else _("A thread that is gone")
        return str(own.board or own.tag)

    @property
    def address(self) -> str:
        """Return the address of what it is; empty if the member can't open it any more."""
        own = self.subscription
        if not own.branch:
            target = own.board or own.tag
            return target.get_absolute_url() if target else ""
        if not self.is_visible:
            return ""
        is_thread = own.branch.is_opening
        return own.branch.thread.get_absolute_url() if is_thread else post_path(own.branch.pk)

    @property
    def kind(self) -> str:
        own = self.subscription
        target = own.branch or own.board or own.tag
        assert target
        return kind_of(target)

    @property
    def place(self) -> str:
        """Return “Branch by lina in Gardens”."""
        own = self.subscription
        if self.kind == "board":
            return _("Board")
        if self.kind == "tag":
            return _("Tag")
        if not own.branch or not self.is_visible:
            return ""
        board = own.branch.thread.board.name
        if self.kind == "thread":
            return _("Thread in %(board)s") % {"board": board}
        if not self.excerpt:
            return _("Branch of a removed post in %(board)s") % {"board": board}
        name = own.branch.author.username
        return _("Branch by %(name)s in %(board)s") % {"name": name, "board": board}

    @property
    def excerpt(self) -> str:
        """Return the first words of a branch; empty for others, and when it can't be read."""
        if self.kind != "branch" or not self.is_visible:
            return ""
        return str(getattr(self.subscription, "shown_excerpt", ""))

    @property
    def words(self) -> str:
        return str(STATES[self.kind, Choice(self.subscription.choice)])

    @property
    def buttons(self) -> Iterator[tuple[str, str]]:
        """Yield what can be chosen instead: addresses and words."""
        own = self.subscription
        if own.choice == Choice.MUTE:
            choices = [(Choice.NONE, _("Unmute"))]
        elif own.choice == Choice.MAIL:
            choices = [(Choice.NONE, _("Stop following")), (Choice.FOLLOW, _("No mail"))]
        else:
            choices = [(Choice.NONE, _("Stop following")), (Choice.MAIL, _("Each post by mail"))]
        for choice, words in choices:
            yield choice_address(own.target_key, choice, self.back), words
