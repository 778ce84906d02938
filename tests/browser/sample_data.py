"""Sample data of the browser tests: members, boards and threads of every kind, created once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.utils import timezone

from forum.actions.bookmarks import bookmark_post
from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.drafts import Writing, save_draft
from forum.actions.ignores import ignore_person
from forum.actions.limits import POSTS
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.premoderation import Submission, hold_post
from forum.actions.read_state import mark_revisions_read
from forum.actions.reports import report_post
from forum.actions.tags import tag_thread
from forum.actions.threads import start_thread
from forum.markup.rendered_post import render
from forum.models import (
    Board,
    Category,
    PendingPost,
    Post,
    RateLimit,
    ReasonTemplate,
    ReceivedMail,
    ReviewRule,
    Revision,
    Role,
    SiteText,
    Tag,
    Thread,
    User,
)
from forum.models.drafts import Purpose
from forum.moderation.actions.erasure_requests import ask_to_anonymise
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pending_posts import reject_pending_post
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.appeals import appeal_against
from forum.moderation.configuration import set_up

PASSWORD = "correct horse battery"

CODE = """Try this first:

```python
def moss(wall: str) -> bool:
    # Only where it stays wet.
    return "north" in wall  # and one line that is longer than any phone is wide, to scroll in
```

| what | when |
|---|---|
| brush | spring |
| lime | autumn |

1. `scrape` it off
2. wait

And _then_ see https://example.org/a/very/long/address/that/no/column/of/a/phone/could/hold/in/one/line
"""


@dataclass(frozen=True, slots=True)
class SampleData:
    """Rows that tests may read, and may not change."""

    alice: User
    bob: User
    carol: User  # a moderator
    dan: User  # suspended
    erin: User  # an administrator
    frank: User  # has used up the limit of posts, and ignores bob
    board: Board
    empty: Board
    yard: Board  # where tests start their own threads
    seed: Thread
    forked: Thread  # with code, an edited post and one in Arabic script
    mixed: Thread  # with hidden and deleted posts
    quoted: Thread  # with quotes in every state that a quote can have
    locked: Thread
    pinned: Thread
    long: Thread  # more posts than fit on a page
    deep: Thread  # 60 posts at random places, of which bob has read 30


def get_opening_post(thread: Thread) -> Post:
    return Post.objects.get(thread=thread, parent=None)


def use_up_rate_limit(person: User) -> None:
    """Use up the limit of posts for a member."""
    RateLimit.objects.update_or_create(
        key=f"{POSTS.kind}:person:{person.pk}", defaults={"tokens": 0, "updated_at": timezone.now()}
    )


def create_sample_data() -> SampleData:
    """Create everything in a fresh database, through the forum's own actions."""
    call_command("loaddata", "seed_conversation", verbosity=0)
    people = {name: _create_member(name) for name in "alice bob carol dan erin frank".split()}
    Role.objects.create(person=people["carol"], kind=Role.Kind.MODERATOR)
    Role.objects.create(person=people["erin"], kind=Role.Kind.ADMINISTRATOR)
    ask_to_anonymise(
        people["frank"], with_posts=True, actor=people["erin"], reason="He wrote to us"
    )
    set_up(ReasonTemplate(text="Going in circles"), actor=people["erin"])
    introduction = SiteText(pk=1, introduction="A place to talk about gardens")
    set_up(introduction, actor=people["erin"])
    ignore_person(people["bob"], actor=people["frank"])
    suspend_person(people["dan"], actor=people["carol"], reason="spam")
    category = Category.objects.create(name="Outdoors")
    board = Board.objects.create(
        category=category, name="Gardens", slug="gardens", description="What grows, and how."
    )
    empty = Board.objects.create(category=category, name="Stones", slug="stones")
    yard = Board.objects.create(category=category, name="Yard", slug="yard", position=9)
    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    locked = _start_thread(board, alice, "Ivy")
    lock_thread(locked, actor=carol, reason="going in circles")
    pinned = _start_thread(board, alice, "How to ask here")
    pin_thread(pinned, actor=carol, reason="for everybody")
    deep = _import_random_thread(board, 60, [alice, bob, carol])
    mark_revisions_read(deep, member=bob, numbers=range(1, 31))
    forked = _start_forked_thread(board, alice, bob, carol)
    _report_posts(forked, alice, carol, people["erin"])
    mixed = _start_mixed_thread(board, alice, bob, carol)
    walls = Tag(name="Walls", slug="walls")
    set_up(walls, actor=carol)
    tag_thread(forked, [walls.pk], actor=alice)
    _create_drafts(people, forked, mixed, locked)
    _create_pending_posts(people, forked)
    quoted = _start_quoting_thread(board, pinned, people)
    _create_bookmarks(people["frank"], quoted, mixed)
    return SampleData(
        **people,
        board=board,
        empty=empty,
        yard=yard,
        seed=Thread.objects.get(pk=1),
        forked=forked,
        mixed=mixed,
        quoted=quoted,
        locked=locked,
        pinned=pinned,
        long=_import_random_thread(board, 230, [alice, bob], is_flat=True),
        deep=deep,
    )


def _create_drafts(people: dict[str, User], forked: Thread, mixed: Thread, locked: Thread) -> None:
    """Save drafts, of which the parents were locked or hidden since."""
    reply = Post.objects.filter(thread=forked, level=1)[0]
    removed = Post.objects.filter(thread=mixed, hidden_at__isnull=False)[0]
    for name, parent in (
        ("erin", reply),
        ("frank", get_opening_post(locked)),
        ("frank", removed),
    ):
        writing = Writing("What I had begun to write about walls,\n\nand *why*.")
        save_draft(Purpose(parent_id=parent.pk), member=people[name], written=writing)


def _create_bookmarks(frank: User, quoted: Thread, mixed: Thread) -> None:
    """Let frank bookmark a post with a note and a day, one without, and one that is hidden."""
    replies = Post.objects.filter(thread=quoted, level__gt=0).order_by("pk")
    day = timezone.localdate() + timedelta(days=30)
    bookmark_post(replies[0], member=frank, note="For the garden wall, in spring", remind_on=day)
    bookmark_post(replies[1], member=frank)
    hidden = Post.objects.filter(thread=mixed, hidden_at__isnull=False)[0]
    bookmark_post(hidden, member=frank, note="What was this?")


def _create_pending_posts(people: dict[str, User], forked: Thread) -> None:
    """Let frank have a pending reply, thread and edit, and a rejected reply."""
    frank, board = people["frank"], forked.board
    set_up(ReviewRule(kind="words", terms="casino*\njackpot"), actor=people["erin"])
    opening = get_opening_post(forked)
    own = reply_to(opening, author=frank, source="Mine is dry.\n\nSouth side.")
    text = "> Try this first:\n\nMy uncle’s *casino* had moss too, see https://example.org/jackpot"
    for title, purpose in (
        ("", Purpose(parent_id=opening.pk)),
        ("", Purpose(parent_id=opening.pk)),
        ("Moss at the casino", Purpose(board_id=board.pk)),
        ("", Purpose(post_id=own.pk)),
    ):
        causes = Submission(frank, render(text), title=title).find_matching_rule()
        assert causes
        writing = Writing(text, title=title)
        pending = hold_post(purpose, author=frank, written=writing, match=causes)
    first = PendingPost.objects.earliest("pk")
    reject_pending_post(first, actor=people["carol"], reason="advertising")
    assert pending.is_edit


def _create_member(name: str) -> User:
    person = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def _start_thread(board: Board, author: User, title: str) -> Thread:
    return start_thread(board, author=author, title=title, source=f"{title}: what do you think?")


def _start_forked_thread(board: Board, alice: User, bob: User, carol: User) -> Thread:
    """Start a thread with one reply that has three replies, one of which goes on as a chain."""
    thread = _start_thread(board, alice, "Moss on the north wall")
    top_level = reply_to(get_opening_post(thread), author=bob, source=CODE)
    first = reply_to(top_level, author=alice, source="The first of three answers.")
    reply_to(top_level, author=carol, source="> Try this first:\n\nThe second of three answers.")
    reply_to(top_level, author=bob, source="@alice @carol وهذا هو الجواب الثالث والأخير هنا.")
    chain = reply_to(first, author=bob, source="Which goes on.")
    reply_to(chain, author=alice, source="And on.")
    # Long enough ago for the edit to be marked.
    Revision.objects.filter(post=first).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(first, actor=alice, source="The first of the three answers.")
    left_out = "-- \nAlice\n\nOn 1 Dec 2026 at 11:00, bob <notify@example.org> wrote:\n\n> Moss?"
    ReceivedMail.objects.create(
        key="1", member=alice, post=first, left_out=left_out, lines_left_out=6
    )
    return thread


def _report_posts(thread: Thread, alice: User, carol: User, erin: User) -> None:
    """Report bob's posts and the post that alice edited."""
    for post in Post.objects.filter(thread=thread, author__username="bob"):
        report_post(post, actor=carol, reason="spam")
        report_post(post, actor=erin, reason="off-topic", words="Not again.\n\n" + "x" * 300)
    edited = Post.objects.get(thread=thread, edited_at__isnull=False)
    report_post(edited, actor=erin, reason="attack", words='<img src=x onerror="alert(1)">')


def _start_mixed_thread(board: Board, alice: User, bob: User, carol: User) -> Thread:
    thread = _start_thread(board, alice, "Lichen")
    opening = get_opening_post(thread)
    hidden = reply_to(opening, author=bob, source="Buy my stones.")
    reply_to(hidden, author=alice, source="No.")
    deleted = reply_to(opening, author=bob, source="I take that back.")
    reply_to(deleted, author=alice, source="Too late.")
    action = hide_post(hidden, actor=carol, reason="advertising")
    appeal_against(action, actor=bob, words="They are good stones.")
    delete_post(deleted, actor=bob)
    return thread


QUOTES = """@bob {0}> As it was said: moss harms no brick that dries in summer.

Exact.

> Only where the bricks stay wet all winter.

Changed since.

> Frost, not moss, breaks the wall … when it is soaked.

Shortened.

> Frost, not rain, breaks the wall in a hard winter.

Altered.

> Somebody else entirely said this, somewhere else.

Nobody’s.

> The words of a post that is gone.

Removed.

> How to ask here: what do you think?

From elsewhere.

> > What is quoted inside of a quote is folded away.
>
> And what was said to it stands in front.

Of a quote.

> يبقى الطحلب حيث لا تجف الجدران في الشتاء

> 苔は煉瓦を傷めない。冬に濡れたままの所だけが傷む。

In any script."""


def _start_quoting_thread(board: Board, elsewhere: Thread, people: dict[str, User]) -> Thread:
    """Start a thread in which carol quotes everybody, in the last post but one."""
    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    thread = _start_thread(board, alice, "Moss and bricks")
    opening = get_opening_post(thread)
    long = "I have looked at many. " * 30
    exact = reply_to(
        opening,
        author=bob,
        source=f"{long}As it was said: moss harms no brick that dries in summer.\n\n"
        "Frost, not moss, breaks the wall in a hard winter, when it is soaked.\n\n"
        "يبقى الطحلب حيث لا تجف الجدران في الشتاء\n\n"
        "苔は煉瓦を傷めない。冬に濡れたままの所だけが傷む。",
    )
    changed = reply_to(opening, author=alice, source="Only where the bricks stay wet all winter.")
    gone = reply_to(opening, author=bob, source="The words of a post that is gone.")
    inner = reply_to(exact, author=alice, source="What is quoted inside of a quote is folded away.")
    reply_to(
        inner,
        author=bob,
        source="> What is quoted inside of a quote is folded away.\n\n"
        "And what was said to it stands in front.",
    )
    sources = [exact.pk, get_opening_post(elsewhere).pk]
    quoting = reply_to(exact, author=carol, source=QUOTES.format("\n\n"), quoted_post_ids=sources)
    reply_to(quoting, author=alice, source="@carol That was a lot of quotes.")
    edit_post(
        changed, actor=alice, source="Nowhere, as far as I can see, do they stay wet so long."
    )
    hide_post(gone, actor=carol, reason="somebody’s address")
    return thread


def _import_random_thread(
    board: Board, count: int, authors: list[User], *, is_flat: bool = False
) -> Thread:
    """Import a thread of `count` posts that reply to the opening post, or to any earlier one."""
    rng = random.Random(60)
    start = datetime(2026, 11, 1, 12, tzinfo=timezone.get_current_timezone())
    posts = [
        ImportedPost(
            key=number,
            parent=None if number == 1 else 1 if is_flat else rng.randrange(1, number),
            author=authors[number % len(authors)],
            source=f"This is what the post with the number {number} says. " * 3,
            created_at=start + timedelta(minutes=number),
        )
        for number in range(1, count + 1)
    ]
    return import_thread(board, title=f"A conversation of {count} posts", posts=posts)
