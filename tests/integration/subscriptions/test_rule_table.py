"""All combinations in one table: who is notified, what is unread, what is folded.

Each member has chosen another combination for what a post is in, from the branch to the board. The
expected values follow from the rule as it is stated here, not from the code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations, product

import pytest
from django.test import Client

from forum.actions.posts import edit_post, reply_to
from forum.actions.subscriptions import subscribe
from forum.actions.tags import set_tags
from forum.actions.threads import start_thread
from forum.jobs.notifications import fan_out
from forum.models import Board, Ignore, Notification, Post, Subscription, Tag, Thread, User
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.undo import undo
from forum.queries.read_state import count_unread
from tests.html import Page
from tests.integration.inbox.conftest import unread_inbox

pytestmark = pytest.mark.slow

# From the nearest to the farthest.
PLACES = ("inner", "outer", "thread", "tag", "board")
NOTHING = ""
CHOICES = (NOTHING, "follow", "mute")
Row = tuple[tuple[str, ...], bool]  # the choice for each place, and whether mentions pass
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ROWS: list[Row] = list(product(product(CHOICES, repeat=len(PLACES)), (False, True)))


def decides(chosen: tuple[str, ...], places: tuple[str, ...] = PLACES) -> str:
    """Return the choice for the nearest of these places for which anything was chosen."""
    by_place = dict(zip(PLACES, chosen, strict=True))
    return next((by_place[place] for place in places if by_place[place]), NOTHING)


def expected_cause(state: str, passes: bool, direct: frozenset[str]) -> str | None:
    """Return the strongest cause that is left."""
    causes = set(direct)
    if state == "mute":
        causes &= {"mention"} if passes else set()
    if state == "follow":
        causes |= {"follow"}
    return next((each for each in ("reply", "mention", "quote", "follow") if each in causes), None)


def causes_of(post: Post) -> dict[int, str]:
    return dict(Notification.objects.filter(post=post).values_list("member_id", "cause"))


@pytest.fixture
def places(board: Board, thread: Thread, opening: Post, bob: User) -> dict[str, Board | Tag | Post]:
    """Create a branch in a branch, in a thread with a tag."""
    tag = Tag.objects.create(name="Walls", slug="walls")
    set_tags(thread, [tag.pk])
    outer = reply_to(opening, author=bob, source="The outer branch.")
    inner = reply_to(outer, author=bob, source="The inner branch.")
    fan_out()
    return {"inner": inner, "outer": outer, "thread": opening, "tag": tag, "board": board}


@pytest.fixture
def members(places: dict[str, Board | Tag | Post]) -> dict[Row, User]:
    """Create a member for each row of the table."""
    people = User.objects.bulk_create(
        User(username=f"m{n}", mentions_pass_mute=passes, read_up_to=0, date_joined=LONG_AGO)
        for n, (_chosen, passes) in enumerate(ROWS)
    )
    members = dict(zip(ROWS, people, strict=True))
    columns = {
        "board": {"board": places["board"]},
        "tag": {"tag": places["tag"]},
        **{
            place: {"branch": places[place], "thread_id": places["thread"].thread_id}
            for place in ("inner", "outer", "thread")
        },
    }
    Subscription.objects.bulk_create(
        Subscription(member=member, state=state, **columns[place])
        for (chosen, _passes), member in members.items()
        for place, state in zip(PLACES, chosen, strict=True)
        if state
    )
    return members


def expected_for(
    members: dict[Row, User], direct: set[str], places: tuple[str, ...] = PLACES
) -> dict[int, str]:
    causes = {
        member.pk: expected_cause(decides(row[0], places), row[1], frozenset(direct))
        for row, member in members.items()
    }
    return {pk: cause for pk, cause in causes.items() if cause}


def test_followers_and_mentioned_members_are_notified_by_the_nearest_choice(
    places: dict[str, Board | Tag | Post], members: dict[Row, User], bob: User
) -> None:
    assert len(members) == 486
    plain = reply_to(places["inner"], author=bob, source="To nobody in particular.")
    names = [f"@{member.username}" for member in members.values()]
    naming = [
        reply_to(
            places["inner"], author=bob, source=f"What of it, {' '.join(names[at : at + 50])}?"
        )
        for at in range(0, len(names), 50)
    ]
    fan_out()
    theirs = [member.pk for member in members.values()]

    def found(post: Post) -> dict[int, str]:
        return {pk: cause for pk, cause in causes_of(post).items() if pk in theirs}

    following = expected_for(members, set())
    assert found(plain) == following
    mentioned = expected_for(members, {"mention"})
    for at, post in enumerate(naming):
        named = theirs[50 * at : 50 * at + 50]
        others = {pk: cause for pk, cause in following.items() if pk not in named}
        assert found(post) == others | {pk: mentioned[pk] for pk in named if pk in mentioned}
    # An edit does not notify followers again, and a mention that is gone leaves what follows.
    edit_post(plain, actor=bob, source="To nobody at all.")
    edit_post(naming[0], actor=bob, source="What do you think?")
    fan_out()
    assert found(plain) == found(naming[0]) == following
    # A post that joins the branch elsewhere is followed by those who chose the branch itself.
    beside = reply_to(places["outer"], author=bob, source="Beside the inner branch.")
    fan_out()
    assert found(beside) == expected_for(members, set(), PLACES[1:])


def test_members_who_ignore_the_author_are_not_notified(
    places: dict[str, Board | Tag | Post], members: dict[Row, User], bob: User
) -> None:
    ignoring = [member for row, member in members.items() if row[1]]
    Ignore.objects.bulk_create(Ignore(member=member, ignored=bob) for member in ignoring)
    named = [members[(NOTHING,) * len(PLACES), passes] for passes in (False, True)]
    names = " ".join(f"@{member.username}" for member in named)
    post = reply_to(places["inner"], author=bob, source=f"What of it, {names}?")
    fan_out()
    expected = expected_for(members, set()) | {member.pk: "mention" for member in named}
    for member in ignoring:
        expected.pop(member.pk, None)
    theirs = {member.pk for member in members.values()}
    found = {pk: cause for pk, cause in causes_of(post).items() if pk in theirs}
    assert found == expected


def test_unread_counts_leave_out_what_the_nearest_choice_mutes(
    places: dict[str, Board | Tag | Post], members: dict[Row, User], thread: Thread
) -> None:
    thread = Thread.objects.get(pk=thread.pk)
    for (chosen, _passes), member in members.items():
        around = [decides(chosen, PLACES[at:]) for at in range(3)]  # inner, outer, opening post
        expected = sum(state != "mute" for state in around)
        assert count_unread(thread, member) == expected, chosen


def test_choices_follow_a_branch_to_another_board_and_back(
    places: dict[str, Board | Tag | Post],
    members: dict[Row, User],
    bob: User,
    carol: User,
) -> None:
    elsewhere = Board.objects.create(category=places["board"].category, name="Roads", slug="roads")
    target = start_thread(elsewhere, author=carol, title="Roads", source="About roads.")
    before = reply_to(places["inner"], author=bob, source="Before the move.")
    fan_out()
    action = move_branch(
        places["inner"], to=Post.objects.get(thread=target), actor=carol, reason="roads"
    )
    theirs = {member.pk for member in members.values()}
    inner = Post.objects.get(pk=places["inner"].pk)

    def found(post: Post) -> dict[int, str]:
        return {pk: cause for pk, cause in causes_of(post).items() if pk in theirs}

    moved = reply_to(inner, author=bob, source="After the move.")
    fan_out()
    assert found(before) == expected_for(members, set())
    assert found(moved) == expected_for(members, set(), PLACES[:1])
    undo(action, actor=carol, reason="A mistake")
    back = reply_to(Post.objects.get(pk=inner.pk), author=bob, source="Back again.")
    fan_out()
    assert found(back) == expected_for(members, set())


DIRECT = [
    set(chosen)
    for count in range(4)
    for chosen in combinations(("reply", "mention", "quote"), count)
]


@pytest.mark.parametrize("passes", [False, True])
@pytest.mark.parametrize("state", CHOICES)
def test_strongest_cause_of_a_post_after_posting_and_editing(
    opening: Post, reply: Post, alice: User, bob: User, carol: User, state: str, passes: bool
) -> None:
    alice.mentions_pass_mute = passes
    alice.save(update_fields=["mentions_pass_mute"])
    fan_out()
    subscribe(opening, state or "stop", actor=alice)
    question = "Does moss harm the bricks?"

    def source(direct: set[str]) -> str:
        quote = f"> {question}\n\n" if "quote" in direct else ""
        return f"{quote}No{', @alice' if 'mention' in direct else ''}."

    for before, after in product(DIRECT, DIRECT):
        if ("reply" in before) != ("reply" in after):
            continue
        parent = opening if "reply" in before else reply
        post = reply_to(parent, author=carol, source=source(before))
        fan_out()
        first = expected_cause(state, passes, frozenset(before))
        assert causes_of(post).get(alice.pk) == first, (before, after)
        edit_post(post, actor=carol, source=f"{source(after)} So I hear.")
        fan_out()
        second = expected_cause(state, passes, frozenset(after))
        if second is None and first and after:
            second = first  # nothing new for a muted branch; what was sent stays while it is true
        assert causes_of(post).get(alice.pk) == second, (before, after)
        assert set(unread_inbox(alice)) >= ({post.pk} if second else set())


@pytest.mark.parametrize("target", ["inner", "outer", "thread"])
def test_only_a_muted_branch_is_folded(
    places: dict[str, Board | Tag | Post], as_alice: Client, alice: User, target: str
) -> None:
    subscribe(places[target], "mute", actor=alice)
    page = Page(as_alice.get(places["thread"].thread.get_absolute_url()))
    folded = [each for each in page.find_all("details.branch") if "open" not in each.attributes]
    muted = [each["id"] for each in page.posts if each.has("details.muted")]
    assert muted == ([] if target == "thread" else [f"p{places[target].pk}"])
    assert [each.find("summary").text for each in folded] == (
        ["1 reply from bob, muted"] if target == "outer" else []
    )
