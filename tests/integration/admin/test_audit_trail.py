"""Boards, categories and roles: changes are in the moderation log and can be undone."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from forum.actions.reports import report_post
from forum.database.application_role import grant_to_role
from forum.errors import Conflict, NotAllowed
from forum.models import (
    Board,
    Category,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Post,
    Role,
    User,
)
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.configuration import set_up, take_down
from forum.moderation.roles import roles_of, set_roles
from forum.moderation.undo import undo
from tests.html import Page, press


def page_of(row: Board | Category | User, page: str = "change") -> str:
    return reverse(f"admin:forum_{row._meta.model_name}_{page}", args=[row.pk])


def latest() -> ModerationAction:
    return ModerationAction.objects.all()[0]


# -- Boards and categories ------------------------------------------------------------------------


def test_board_that_is_changed_is_one_entry_with_before_after_reason_and_undo(
    as_erin: Client, erin, board: Board
):
    new = {"name": "Allotments", "closed_at": "2026-11-02T10:30", "why": "As voted."}
    assert press(as_erin, page_of(board), "Save", **new).status_code == 302
    entry = latest()
    assert (entry.act, entry.actor, entry.reason) == ("configure", erin, "As voted.")
    (effect,) = entry.effects.all()
    assert (effect.kind, effect.target_id) == ("board", board.pk)
    before, after = effect.before["row"], effect.after["row"]
    assert (before["name"], after["name"]) == (board.name, "Allotments")
    assert before["closed_at"] is None
    assert after["closed_at"].startswith("2026-11-02T")
    undo(entry, actor=erin, reason="Not yet")
    found = Board.objects.get(pk=board.pk)
    assert (found.name, found.closed_at) == (board.name, None)
    undo(latest(), actor=erin, reason="Now")
    assert Board.objects.get(pk=board.pk).is_closed


def test_category_added_and_deleted_is_in_the_log(as_erin: Client, erin):
    press(as_erin, reverse("admin:forum_category_add"), "Save", name="Ponds", position="3")
    category = Category.objects.get(name="Ponds")
    added = latest()
    assert added.effects.get().before == {"row": None}
    assert as_erin.post(page_of(category, "delete"), {"post": "yes"}).status_code == 302
    assert latest().effects.get().after == {"row": None}
    undo(latest(), actor=erin, reason="Needed")
    assert Category.objects.get().name == "Ponds"


def test_what_is_in_use_is_not_deleted_by_an_undo(erin, board: Board):
    category = Category(name="Ponds")
    added = set_up(category, actor=erin)
    Board.objects.filter(pk=board.pk).update(category=category)
    with pytest.raises(Conflict, match="in use"):
        undo(added, actor=erin, reason="Wrong")
    with pytest.raises(Conflict, match="in use"):
        take_down(category, actor=erin)


def test_board_with_moderators_is_not_deleted_with_their_roles(as_erin, erin, other_board, bob):
    Role.objects.create(person=bob, board=other_board, kind=Role.Kind.MODERATOR)
    answer = as_erin.post(page_of(other_board, "delete"), {"post": "yes"})
    assert answer.status_code in (200, 403)
    assert Board.objects.filter(pk=other_board.pk).exists()


def test_old_addresses_of_a_board_lead_to_the_new_one(
    as_erin: Client, visitor: Client, erin, board: Board
):
    old = board.get_absolute_url()
    for slug in ("allotments", "plots"):
        press(as_erin, page_of(board), "Save", slug=slug)
    answer = visitor.get(f"{old}?after=t5")
    assert (answer.status_code, answer["Location"]) == (301, "/b/plots/?after=t5")
    assert visitor.get("/b/allotments/")["Location"] == "/b/plots/"
    assert visitor.get("/b/nothing/").status_code == 404
    # A board that takes the address over has it.
    set_up(Board(category=board.category, name="New", slug="allotments"), actor=erin)
    assert visitor.get("/b/allotments/").status_code == 200


# -- Roles ----------------------------------------------------------------------------------------


def appoint(client: Client, person: User, *roles: tuple[str, object], **more: str):
    rows = {"role_assignments-TOTAL_FORMS": str(len(roles)), "role_assignments-INITIAL_FORMS": "0"}
    for n, (kind, board) in enumerate(roles):
        rows[f"role_assignments-{n}-kind"] = kind
        rows[f"role_assignments-{n}-board"] = str(board or "")
        rows[f"role_assignments-{n}-person"] = str(person.pk)
    return client.post(page_of(person), rows | more)


def test_appointing_is_one_entry_that_tells_the_member_and_is_undone(
    as_erin: Client, as_bob: Client, erin, bob, board, other_board
):
    roles = [("moderator", board.pk), ("moderator", other_board.pk)]
    assert appoint(as_erin, bob, *roles, why="He knows moss.").status_code == 302
    entry = latest()
    assert (entry.act, entry.actor, entry.reason) == ("set-roles", erin, "He knows moss.")
    assert entry.effects.get().before == {"roles": []}
    assert len(entry.effects.get().after["roles"]) == 2
    assert ModerationNotification.objects.get(member=bob).action == entry
    assert "Your roles were changed." in Page(as_bob.get(reverse("inbox")))
    assert "He knows moss." in Page(as_erin.get(page_of(bob)))
    undo(entry, actor=erin, reason="Too early")
    assert not bob.role_assignments.exists()
    undo(latest(), actor=erin, reason="After all")
    assert [role["board"] for role in roles_of(bob)] == [board.pk, other_board.pk]


def test_saving_a_member_unchanged_writes_nothing(as_erin: Client, erin):
    count = ModerationAction.objects.count()
    assert press(as_erin, page_of(erin), "Save").status_code == 302
    assert ModerationAction.objects.count() == count
    assert erin.role_assignments.count() == 1


def test_dismissing_keeps_the_other_roles_as_they_are(as_erin, erin, bob, board, other_board):
    set_roles(bob, [{"kind": "moderator", "board": board.pk}], actor=erin)
    kept = bob.role_assignments.get()
    both = [{"kind": "moderator", "board": each.pk} for each in (board, other_board)]
    set_roles(bob, both, actor=erin)
    assert kept in bob.role_assignments.all()
    set_roles(bob, both[:1], actor=erin)
    assert list(bob.role_assignments.all()) == [kept]


def test_undo_leaves_an_administrator_and_needs_one(erin, carol, bob):
    entry = set_roles(bob, [{"kind": "administrator", "board": None}], actor=erin)
    assert entry
    Role.objects.filter(person=erin).delete()
    bob = User.objects.get(pk=bob.pk)
    with pytest.raises(Conflict, match="at least one administrator"):
        undo(entry, actor=bob, reason="x")
    assert bob.role_assignments.exists()
    with pytest.raises(NotAllowed):
        undo(entry, actor=carol, reason="x")
    with pytest.raises(NotAllowed):
        set_roles(carol, [], actor=User.objects.get(pk=carol.pk))


def test_only_people_concerned_and_moderators_read_of_it(
    as_erin, as_bob, as_alice, visitor, erin, bob
):
    entry = set_roles(bob, [{"kind": "moderator", "board": None}], actor=erin)
    page = entry.get_absolute_url()
    assert [client.get(page).status_code for client in (as_erin, as_bob, as_alice, visitor)] == [
        *(200, 200),
        *(404, 404),
    ]


# -- One trail, that nobody changes ---------------------------------------------------------------


def test_django_keeps_no_second_list(as_erin: Client, board: Board, bob):
    press(as_erin, page_of(board), "Save", name="Allotments")
    appoint(as_erin, bob, ("moderator", board.pk))
    press(as_erin, reverse("admin:forum_category_add"), "Save", name="Ponds", position="3")
    assert not LogEntry.objects.exists()
    for row in (board, bob):
        history = Page(as_erin.get(page_of(row))).link("History")["href"]
        assert len(as_erin.get(history, follow=True).context["cl"].result_list) == 1


@pytest.mark.django_db(transaction=True)
def test_effects_cannot_be_added_to_an_older_entry(reply: Post, carol: User):
    entry = hide_post(reply, actor=carol, reason="Rude")

    def add() -> None:
        ModerationEffect.objects.create(
            action=entry, kind="post", target_id=reply.pk + 1, before={}, after={"hidden": True}
        )

    with pytest.raises(IntegrityError, match="append-only"):
        add()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        transaction.savepoint()
        add()
    # An entry of the same transaction may be in a savepoint, before or after others.
    with transaction.atomic():
        pin_thread(reply.thread, actor=carol, reason="Read this")
        with transaction.atomic():
            report_post(Post.objects.get(parent=None), actor=reply.author, reason="spam")
            hide_post(Post.objects.get(parent=None), actor=carol, reason="Spam")
    assert ModerationEffect.objects.filter(action__act="hide-post").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_role_of_the_application_reads_and_writes_rows_and_nothing_else(
    opening: Post, reply: Post, alice, carol: User
):
    with connection.cursor() as cursor:
        for _again in range(2):
            grant_to_role(cursor, "plait_test", "a 'secret'; --")
        try:
            cursor.execute("SET ROLE plait_test")
            report_post(opening, actor=reply.author, reason="spam")
            hide_post(opening, actor=carol, reason="Spam")
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False,)
            for forbidden in (
                "TRUNCATE forum_moderationaction CASCADE",
                "TRUNCATE forum_moderationeffect",
                "ALTER TABLE forum_moderationeffect DISABLE TRIGGER ALL",
                "DROP TRIGGER moderationaction_append_only ON forum_moderationaction",
                "DROP TABLE forum_moderationeffect",
                "DROP FUNCTION forum_append_only() CASCADE",
                "SET session_replication_role = replica",
                "UPDATE django_migrations SET name = ''",
            ):
                with pytest.raises(ProgrammingError):
                    cursor.execute(forbidden)
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP OWNED BY plait_test")
            cursor.execute("DROP ROLE plait_test")
