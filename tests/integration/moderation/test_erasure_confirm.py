"""Permanent deletion: the content is gone from every table, and it takes two people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import edit_post, reply_to
from forum.actions.reports import report_post
from forum.errors import Conflict, Invalid, NotAllowed
from forum.models import (
    Erasure,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    PendingPost,
    Post,
    Quote,
    Revision,
    Role,
    Thread,
    User,
)
from forum.models.drafts import Purpose
from forum.models.tree import faults
from forum.moderation.actions.erasure_requests import ask_to_anonymise, ask_to_erase
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.titles import retitle_thread
from forum.moderation.erasure.requests import confirm_erasure, drop_erasure
from forum.moderation.undo import undo
from tests.columns import tables_with

SECRET = "The spare key lies xylophone under the third stone."
EARLIER = "Once I said quixotic things about the neighbour’s dog here."


@pytest.fixture
def dora(db) -> User:
    """Return a second moderator of the site."""
    dora = User.objects.create_user("dora", "dora@example.org")
    Role.objects.create(person=dora, kind=Role.Kind.MODERATOR)
    return dora


@pytest.fixture
def secret(reply, bob, alice, carol) -> Post:
    """Return a post of bob's that was edited, quoted, quoted within a quote and put into drafts."""
    post = reply_to(reply, author=bob, source=EARLIER)
    first_reply = reply_to(post, author=alice, source=f"> {EARLIER}\n\nDid you?")
    edit_post(post, actor=bob, source=SECRET)
    quoting_post = reply_to(post, author=alice, source=f"> {SECRET}\n\nWhy do you say so?")
    reply_to(quoting_post, author=carol, source=f"> > {SECRET}\n>\n> Why do you say so?\n\nIndeed.")
    reply_to(first_reply, author=carol, source=f"> Did you?\n\nHe did.\n\n> {SECRET}\n\nAnd that.")
    purpose = Purpose(parent_id=quoting_post.pk)
    save_draft(purpose, member=carol, written=Writing(f"> {SECRET}\n\nDraft of mine."))
    save_draft(Purpose(post_id=post.pk), member=bob, written=Writing(f"{SECRET} Better."))
    return Post.objects.get(pk=post.pk)


def erase(target, dora, carol, **options) -> ModerationAction:
    request = ask_to_erase if isinstance(target, Post) else ask_to_anonymise
    request(target, actor=carol, reason="He asked us to", **options)
    return confirm_erasure(Erasure.objects.open().get(), actor=dora)


# -- Deleting a post ------------------------------------------------------------------------------


def test_no_table_contains_the_deleted_text(secret, dora, carol):
    others = dict(Post.objects.exclude(pk=secret.pk).values_list("pk", "source"))
    assert len(tables_with("xylophone")) > 5
    assert len(tables_with("quixotic")) > 3
    erase(secret, dora, carol)
    assert tables_with("xylophone") == set()
    assert tables_with("quixotic") == set()
    # The other authors' own words are unchanged.
    for pk, text in others.items():
        new_source = Post.objects.get(pk=pk).source
        own = [line for line in text.split("\n") if not line.startswith(">")]
        assert [line for line in own if line.strip()] == [
            line for line in new_source.split("\n") if line.strip() and not line.startswith(">")
        ]
    assert "Draft of mine." in carol.drafts.get().source


def test_replies_stay_below_a_tombstone_of_the_deleted_post(secret, dora, carol, visitor):
    action = erase(secret, dora, carol)
    post = Post.objects.get(pk=secret.pk)
    assert (post.erased_action, post.is_deleted, post.source) == (action, True, "")
    assert not faults()
    page = visitor.get(post.thread.get_absolute_url()).content.decode()
    assert "Permanently deleted on" in page
    assert action.get_absolute_url() in page
    assert "Why do you say so?" in page
    assert visitor.get(post.get_absolute_url()).status_code == 410


def test_other_quotes_in_the_same_posts_still_link_to_their_source(secret, dora, carol):
    erase(secret, dora, carol)
    kept = [(quote.words, quote.source_post_id != secret.pk) for quote in Quote.objects.all()]
    assert ("Did you?", True) in kept
    for quote in Quote.objects.exclude(words="").select_related("source_revision"):
        quoted = quote.source_revision.plain[quote.start : quote.start + quote.length]
        assert quote.words in quoted
    assert {words for words, is_other in kept if not is_other} == {""}


def test_deletion_is_one_log_entry_with_a_hash_and_notifies_the_author(secret, dora, carol, bob):
    count = ModerationAction.objects.count()
    action = erase(secret, dora, carol)
    assert ModerationAction.objects.count() == count + 2, "asking for it is the other one"
    assert (action.act, action.actor, action.reason) == ("erase-post", carol, "He asked us to")
    assert len(action.effects.get().after["erased"]) == 64
    assert ModerationNotification.objects.filter(member=bob, action=action).exists()
    erasure = Erasure.objects.get()
    assert (erasure.outcome, erasure.closed_by, erasure.record) == ("done", dora, action)
    assert confirm_erasure(erasure, actor=dora) == action, "twice is once"


def test_earlier_actions_on_the_post_can_no_longer_be_undone(secret, dora, carol, erin):
    edit_action = edit_with_reason(secret, source="Milder.", actor=carol, reason="The key")
    hide_action = hide_post(secret, actor=carol, reason="The key")
    request_action = ask_to_erase(secret, actor=carol, reason="He asked us to")
    action = confirm_erasure(Erasure.objects.get(), actor=dora)
    for earlier in (edit_action, hide_action, request_action):
        with pytest.raises(Conflict):
            undo(earlier, actor=erin, reason="No")
    with pytest.raises(NotAllowed):
        undo(action, actor=erin, reason="No")
    assert tables_with("xylophone") == set()


def test_deletion_resolves_reports_and_updates_counters(secret, dora, carol, erin):
    report_post(secret, actor=erin, reason="private")
    count = Thread.objects.get(pk=secret.thread_id).post_count
    action = erase(secret, dora, carol)
    assert secret.reports.get().action == action
    assert Thread.objects.get(pk=secret.thread_id).post_count == count - 1


def test_title_is_deleted_with_the_opening_post_also_from_the_log(
    thread, opening, dora, carol, reply
):
    retitle_thread(thread, title="Moss and the zeppelin", actor=carol, reason="Clearer")
    retitle_thread(thread, title="Moss", actor=carol, reason="Shorter")
    action = erase(opening, dora, carol)
    for word in ("zeppelin", "north wall"):
        assert tables_with(word) == set()
    titles = ModerationEffect.objects.filter(kind="thread").exclude(action=action)
    assert all(len(effect.after["title"]["sha256"]) == 64 for effect in titles)
    assert "A deleted title" in Thread.objects.get(pk=thread.pk).title


def test_database_rejects_all_other_changes_of_the_log(thread, opening, carol, dora, reply):
    retitle_thread(thread, title="Moss and the zeppelin", actor=carol, reason="Clearer")

    def assert_refused(sql):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    assert_refused("SELECT forum_forget('thread', target_id) FROM forum_moderationeffect")
    erase(opening, dora, carol)
    assert_refused("UPDATE forum_moderationeffect SET before = '{}'")
    assert_refused("UPDATE forum_moderationeffect SET after = jsonb_build_object('title', 'Mine')")
    assert_refused("UPDATE forum_moderationaction SET reason = 'Mine'")
    assert_refused("DELETE FROM forum_moderationeffect")


# -- Confirmation by a second person --------------------------------------------------------------


def test_same_person_cannot_confirm_not_even_with_direct_database_access(secret, carol, as_carol):
    ask_to_erase(secret, actor=carol, reason="Now")
    erasure = Erasure.objects.get()
    with pytest.raises(NotAllowed):
        confirm_erasure(erasure, actor=User.objects.get(pk=carol.pk))
    other_session = Client()
    other_session.force_login(carol)
    for client in (as_carol, other_session):
        page = reverse("admin:forum_erasure_confirm", args=[erasure.pk])
        assert client.post(page).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.update(outcome="done", closed_at=timezone.now(), closed_by=carol)
    assert Post.objects.get(pk=secret.pk).source == SECRET


def test_deletion_is_requested_on_the_page_and_confirmed_in_the_admin(secret, as_carol, dora):
    page = reverse("post-erase", args=[secret.pk])
    html = as_carol.get(page).content.decode()
    assert "1 post in 1 thread" in html
    assert "This can’t be undone" in html
    assert as_carol.post(page, {"reason": "His key"}).status_code == 303
    client = Client()
    client.force_login(dora)
    assert "a post by bob" in client.get(reverse("admin:forum_erasure_changelist")).content.decode()
    erasure = Erasure.objects.get()
    detail_page = client.get(reverse("admin:forum_erasure_change", args=[erasure.pk]))
    assert "quotes of them in" in detail_page.content.decode()
    confirm = reverse("admin:forum_erasure_confirm", args=[erasure.pk])
    assert f'action="{confirm}"' in detail_page.content.decode(), "the button is there"
    assert client.post(confirm, {"seen": "7.7"}).status_code == 302
    assert Post.objects.get(pk=secret.pk).source == SECRET, "it was changed meanwhile"
    assert client.post(confirm, {"seen": detail_page.context["version"]}).status_code == 302
    assert Post.objects.get(pk=secret.pk).is_erased


def test_post_stays_after_a_refused_or_withdrawn_request_and_can_be_requested_again(
    secret, dora, carol
):
    for actor, outcome in ((dora, "refused"), (carol, "withdrawn")):
        ask_to_erase(secret, actor=carol, reason=f"Until {actor}")
        erasure = Erasure.objects.open().get()
        record = drop_erasure(erasure, actor=actor, reason="Not that")
        assert record.act == "drop-erasure"
        assert Erasure.objects.get(pk=erasure.pk).outcome == outcome
        with pytest.raises(Conflict):
            confirm_erasure(erasure, actor=dora)
        with pytest.raises(Conflict):
            drop_erasure(erasure, actor=actor, reason="Twice")
    assert Post.objects.get(pk=secret.pk).source == SECRET


def test_request_expires_and_can_be_made_again(secret, dora, carol):
    ask_to_erase(secret, actor=carol, reason="Now")
    Erasure.objects.update(asked_at=timezone.now() - timedelta(days=15))
    with pytest.raises(Conflict):
        confirm_erasure(Erasure.objects.get(), actor=dora)
    ask_to_erase(secret, actor=carol, reason="Again")
    assert list(Erasure.objects.order_by("pk").values_list("outcome", flat=True)) == ["expired", ""]


def test_operator_can_confirm_when_there_is_no_second_moderator(secret, carol, as_carol):
    ask_to_erase(secret, actor=carol, reason="Now")
    erasure = Erasure.objects.get()
    page = as_carol.get(reverse("admin:forum_erasure_change", args=[erasure.pk])).content.decode()
    assert f"manage.py confirm_erasure {erasure.pk}" in page
    call_command("confirm_erasure", str(erasure.pk), "--yes")
    assert Post.objects.get(pk=secret.pk).is_erased
    with pytest.raises(CommandError):
        call_command("confirm_erasure", "999", "--yes")


def test_members_and_board_moderators_cannot_request_confirm_or_drop(secret, alice, board, carol):
    mona = User.objects.create_user("mona")
    Role.objects.create(person=mona, board=board, kind=Role.Kind.MODERATOR)
    ask_to_erase(secret, actor=carol, reason="Now")
    for person in (alice, mona):
        with pytest.raises(NotAllowed):
            ask_to_erase(secret, actor=person, reason="No")
        with pytest.raises(NotAllowed):
            confirm_erasure(Erasure.objects.get(), actor=person)
        with pytest.raises(NotAllowed):
            drop_erasure(Erasure.objects.get(), actor=person, reason="No")


def test_last_administrator_cannot_be_deleted(erin, carol):
    Erasure.objects.create(person=erin, asked_by=erin, reason="Mine")
    with pytest.raises(Invalid):
        confirm_erasure(Erasure.objects.get(), actor=None)
    assert Revision.objects.count() == 0


# -- Pending posts --------------------------------------------------------------------------------


def test_deleted_text_is_also_removed_from_pending_posts(secret, dora, carol, bob, alice):
    approved = PendingPost.objects.create(
        author=bob,
        parent=secret.parent,
        source=SECRET,
        excerpt=SECRET,
        why="xylophone",
        post=secret,
    )
    PendingPost.objects.filter(pk=approved.pk).update(state="approved")
    PendingPost.objects.create(author=bob, edits=secret, source=f"{SECRET} Better.", why="two")
    pending = PendingPost.objects.create(
        author=alice, parent=secret, source=f"> {SECRET}\n\nMine stays.", why="two"
    )
    erase(secret, dora, carol)
    assert tables_with("xylophone") == set()
    pending.refresh_from_db()
    assert pending.is_waiting
    assert "Mine stays." in pending.source
