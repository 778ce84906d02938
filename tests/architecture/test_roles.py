"""Who may do what to whom: role by act, whole. An act that is not in the table fails."""

from __future__ import annotations

from typing import Any

import pytest

from forum.actions.new_member_limits import check_new_member_limits
from forum.actions.posts import reply_to
from forum.errors import Invalid
from forum.markup.render import render
from forum.models import Post, Role, User
from forum.permissions import (
    can_answer,
    can_delete,
    can_edit,
    can_report,
    can_start_thread,
    can_undo,
)
from tests.deeds import EACH, IDS, make_ready
from tests.scene import PEOPLE, Scene, undone

pytestmark = pytest.mark.django_db

# Against whose posts, or against whom, each acts: by name, in the order of PEOPLE (visitor, alice,
# bob, dan, carol, mona, otto, erin). Moderators: mona of the board, otto of another, carol of the
# site; erin administers. Nobody acts on themselves, or on somebody of their rank or above.
HERE = {"mona", "carol", "erin"}
AGAINST_WORDS = {
    "alice": HERE,
    "mona": {"carol", "erin"},
    "otto": HERE,  # no moderator in this board
    "carol": {"erin"},
    "erin": set(),
}
AGAINST_PEOPLE = {
    "bob": HERE | {"otto"},
    "mona": {"carol", "erin", "otto"},  # in otto's board she is a member
    "otto": {"carol", "erin", "mona"},
    "carol": {"erin"},
    "erin": set(),
}
# What is done to a place goes against nobody, whoever wrote there.
OF_PLACES = dict.fromkeys(AGAINST_WORDS, HERE)
ON_WORDS = {"hide", "unhide", "remove", "restore", "edit-for"}
# Reports are answered by nobody whom they are about, nor below them.
ON_REPORTS = {"uphold", "dismiss", "reopen", "assign"}


# For ever, and not by whoever keeps order in one board alone.
ERASING = {
    "alice": {"carol", "erin"},
    "mona": {"carol", "erin"},
    "otto": {"carol", "erin"},
    "carol": {"erin"},
    "erin": set(),
}
ANONYMISING = {
    "bob": {"erin"},
    "mona": {"erin"},
    "otto": {"erin"},
    "carol": {"erin"},
    "erin": set(),
}


def may(scene: Scene, deed: object, target: object) -> set[str]:
    """Who is allowed it, by the rule that the page, the desk and the action share."""
    return {name for name in PEOPLE if deed.may(scene.reader(name), target)}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "deed"), EACH, ids=IDS)
def test_each_role_may_what_the_table_says(scene: Scene, kind: str, deed: object) -> None:
    name = deed.name  # type: ignore[attr-defined]
    if kind == "person":
        people = ANONYMISING if name == "anonymise" else AGAINST_PEOPLE
        for other, allowed in people.items():
            assert may(scene, deed, scene.reader(other)) == allowed, other
        return
    if kind == "held":
        for author, allowed in AGAINST_WORDS.items():
            scene.held.author = scene.people[author]
            assert may(scene, deed, scene.held) == allowed, author
        return
    table = (
        ERASING
        if name == "erase"
        else AGAINST_WORDS
        if name in ON_WORDS | ON_REPORTS
        else OF_PLACES
    )
    for author, allowed in table.items():
        with undone():
            post = scene.posts["visible"]
            Post.objects.filter(pk=post.pk).update(author=scene.people[author])
            post = Post.objects.select_related("author", "thread__board").get(pk=post.pk)
            target = post if kind == "post" else post.thread
            assert may(scene, deed, target) == allowed, author


def test_new_members_may_what_members_may_with_limits_that_end_by_themselves(
    scene: Scene, settings: Any
) -> None:
    """The row of the new member: every act of moderators is closed, every act of members open."""
    settings.NEW_MEMBER_POSTS, settings.NEW_MEMBER_LINKS = 1, 0
    link = render("See https://elsewhere.example/ for that.")
    with undone():
        nina = User.objects.create_user("nina")
        post = scene.posts["visible"]
        targets = {
            "post": post,
            "thread": post.thread,
            "person": scene.people["bob"],
            "held": scene.held,
        }
        assert not [deed.name for kind, deed in EACH if deed.may(nina, targets[kind])]
        for rule in (can_answer, can_report):
            assert rule(nina, post)
        assert can_start_thread(nina, scene.board)
        with pytest.raises(Invalid, match="New members link to 0 pages"):
            check_new_member_limits(nina, link)
        check_new_member_limits(nina, render("Without a link."))
        mine = reply_to(post, author=nina, source="Without a link.")
        assert can_edit(nina, mine)
        assert can_delete(nina, mine)
        check_new_member_limits(nina, link)  # over: a post of hers stands
        for name in set(PEOPLE) - {"visitor", "alice", "bob", "dan"}:
            check_new_member_limits(scene.people[name], link)


def test_nobody_undoes_what_somebody_above_them_did(scene: Scene) -> None:
    deed = next(deed for kind, deed in EACH if deed.name == "hide")
    wanted = {"mona": HERE, "carol": {"carol", "erin"}, "erin": {"erin"}}
    for actor, allowed in wanted.items():
        with undone():
            action = deed.run(scene.posts["visible"], actor=scene.people[actor], reason="Because")
            found = {name for name in PEOPLE if can_undo(scene.reader(name), action)}
            assert found == allowed, actor


def test_a_suspended_moderator_does_nothing_and_a_silenced_one_keeps_order(scene: Scene) -> None:
    hide = next(deed for kind, deed in EACH if deed.name == "hide")
    for name, allowed in (("suspend", False), ("silence", True)):
        deed = next(deed for kind, deed in EACH if deed.name == name)
        with undone():
            deed.run(scene.people["mona"], actor=scene.people["erin"], reason="Because")
            mona = User.objects.get(username="mona")
            assert bool(hide.may(mona, scene.posts["visible"])) is allowed


def test_everybody_below_is_a_member_who_reports(scene: Scene) -> None:
    post = scene.posts["visible"]
    found = {name for name in PEOPLE if can_report(scene.reader(name), post)}
    assert found == set(PEOPLE) - {"visitor", "alice", "dan"}


def test_an_appointment_ends_with_its_row(scene: Scene) -> None:
    deed = next(deed for kind, deed in EACH if deed.name == "hide")
    with undone():
        Role.objects.filter(person=scene.people["mona"]).delete()
        make_ready("hide", scene.posts["visible"], scene.people["carol"])
        assert "mona" not in may(scene, deed, scene.posts["visible"])
