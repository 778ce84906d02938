"""Following and muting in words, with the buttons that change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.models import Board, Post, Subscription, Tag
from forum.models.posts import post_path
from forum.models.subscriptions import SubscriptionTarget

CHOICES_IN_WORDS = {
    ("branch", Subscription.Choice.FOLLOW): _lazy("You follow this branch."),
    ("branch", Subscription.Choice.MAIL): _lazy("You follow this branch, with each post by mail."),
    ("branch", Subscription.Choice.MUTE): _lazy("You muted this branch."),
    ("thread", Subscription.Choice.FOLLOW): _lazy("You follow this thread."),
    ("thread", Subscription.Choice.MAIL): _lazy("You follow this thread, with each post by mail."),
    ("thread", Subscription.Choice.MUTE): _lazy("You muted this thread."),
    ("board", Subscription.Choice.FOLLOW): _lazy("You follow this board."),
    ("board", Subscription.Choice.MAIL): _lazy("You follow this board, with each post by mail."),
    ("board", Subscription.Choice.MUTE): _lazy("You muted this board."),
    ("tag", Subscription.Choice.FOLLOW): _lazy("You follow this tag."),
    ("tag", Subscription.Choice.MAIL): _lazy("You follow this tag, with each post by mail."),
    ("tag", Subscription.Choice.MUTE): _lazy("You muted this tag."),
}
INHERITED = {
    ("branch", Subscription.State.FOLLOW): _lazy("You follow a branch around this."),
    ("branch", Subscription.State.MUTE): _lazy("You muted a branch around this."),
    ("thread", Subscription.State.FOLLOW): _lazy("You follow the thread."),
    ("thread", Subscription.State.MUTE): _lazy("You muted the thread."),
    ("board", Subscription.State.FOLLOW): _lazy("You follow the board %(name)s."),
    ("board", Subscription.State.MUTE): _lazy("You muted the board %(name)s."),
    ("tag", Subscription.State.FOLLOW): _lazy("You follow the tag %(name)s."),
    ("tag", Subscription.State.MUTE): _lazy("You muted the tag %(name)s."),
}
BUTTONS = {
    ("branch", Subscription.Choice.FOLLOW): _lazy("Follow this branch"),
    ("branch", Subscription.Choice.MUTE): _lazy("Mute this branch"),
    ("thread", Subscription.Choice.FOLLOW): _lazy("Follow this thread"),
    ("thread", Subscription.Choice.MUTE): _lazy("Mute this thread"),
    ("board", Subscription.Choice.FOLLOW): _lazy("Follow this board"),
    ("board", Subscription.Choice.MUTE): _lazy("Mute this board"),
    ("tag", Subscription.Choice.FOLLOW): _lazy("Follow this tag"),
    ("tag", Subscription.Choice.MUTE): _lazy("Mute this tag"),
}


def key_of(target: SubscriptionTarget) -> str:
    """Return the target as addresses name it: `p12`, `b3` or `g7`."""
    letter = {Board: "b", Tag: "g"}.get(type(target), "p")
    return f"{letter}{target.pk}"


def target_kind(target: SubscriptionTarget) -> str:
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
    own: str = Subscription.Choice.NONE
    nearest: Subscription | None = None
    back: str = ""
    error: str = ""

    @property
    def words(self) -> str:
        """Return the state in words; empty when nothing was chosen for it or around it."""
        if self.own != Subscription.Choice.NONE:
            return str(CHOICES_IN_WORDS[self.kind, Subscription.Choice(self.own)])
        return inherited_in_words(self.nearest) if self.nearest else ""

    @property
    def buttons(self) -> Iterator[tuple[str, str]]:
        """Yield what can be chosen now: addresses and words."""
        for choice, words in self.choices:
            yield choice_address(self.target, choice, self.back), words

    @property
    def choices(self) -> Iterator[tuple[str, str]]:
        """Yield what can be chosen now: choices and words."""
        state = self.own
        if state == Subscription.Choice.NONE and self.nearest:
            state = self.nearest.choice
        if state not in (Subscription.Choice.FOLLOW, Subscription.Choice.MAIL):
            yield Subscription.Choice.FOLLOW, str(BUTTONS[self.kind, Subscription.Choice.FOLLOW])
        elif self.own != Subscription.Choice.NONE:
            yield Subscription.Choice.NONE, _("Stop following")
        if state != Subscription.Choice.MUTE:
            yield Subscription.Choice.MUTE, str(BUTTONS[self.kind, Subscription.Choice.MUTE])
        elif self.own != Subscription.Choice.NONE:
            yield Subscription.Choice.NONE, _("Unmute")


def thread_buttons(choice: str | None, own: str | None) -> list[tuple[str, str]]:
    """Return what a member can choose for a thread: choices and words.

    `choice` is what they chose for it or for what it is in, `own` what they chose for itself.
    """
    nearest = None
    if choice:
        is_mute = choice == Subscription.Choice.MUTE
        nearest = Subscription(
            state=Subscription.State.MUTE if is_mute else Subscription.State.FOLLOW
        )
    control = SubscriptionControl("", "thread", own or Subscription.Choice.NONE, nearest)
    return list(control.choices)


def inherited_in_words(nearest: Subscription) -> str:
    """Return “You follow the board Gardens.”"""
    if nearest.branch:
        kind, name = target_kind(nearest.branch), ""
    elif nearest.board:
        kind, name = "board", nearest.board.name
    else:
        assert nearest.tag
        kind, name = "tag", nearest.tag.name
    return str(INHERITED[kind, Subscription.State(nearest.state)]) % {"name": name}


def control_of(
    target: SubscriptionTarget,
    enclosing: Iterable[Subscription],
    *,
    back: str = "",
    error: str = "",
) -> SubscriptionControl:
    """Return the control of a target; `enclosing` has what the member chose for it or around it.

    The nearest comes first, and boards, tags and heads of branches are fetched.
    """
    key, found = key_of(target), list(enclosing)
    own = next((each.choice for each in found if each.target_key == key), Subscription.Choice.NONE)
    nearest = found[0] if found else None
    return SubscriptionControl(key, target_kind(target), own, nearest, back, error)


# The filters of the page, by their name in the address.
SUBSCRIPTION_FILTERS = {
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
        for name, label in SUBSCRIPTION_FILTERS.items()
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
        return target_kind(target)

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
        return str(CHOICES_IN_WORDS[self.kind, Subscription.Choice(self.subscription.choice)])

    @property
    def buttons(self) -> Iterator[tuple[str, str]]:
        """Yield what can be chosen instead: addresses and words."""
        own = self.subscription
        if own.choice == Subscription.Choice.MUTE:
            choices = [(Subscription.Choice.NONE, _("Unmute"))]
        elif own.choice == Subscription.Choice.MAIL:
            choices = [
                (Subscription.Choice.NONE, _("Stop following")),
                (Subscription.Choice.FOLLOW, _("No mail")),
            ]
        else:
            choices = [
                (Subscription.Choice.NONE, _("Stop following")),
                (Subscription.Choice.MAIL, _("Each post by mail")),
            ]
        for choice, words in choices:
            yield choice_address(own.target_key, choice, self.back), words
