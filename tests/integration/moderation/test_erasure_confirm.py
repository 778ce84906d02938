"""What is erased is gone for ever, from every table; it takes two to do it."""

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
    """A second moderator of the site."""
    dora = User.objects.create_user("dora", "dora@example.org")
    Role.objects.create(person=dora, kind=Role.Kind.MODERATOR)
    return dora


@pytest.fixture
def secret(reply, bob, alice, carol) -> Post:
    """A post of bob's that was edited, quoted, quoted in a quote, answered, and begun to be."""
    post = reply_to(reply, author=bob, source=EARLIER)
    first = reply_to(post, author=alice, source=f"> {EARLIER}\n\nDid you?")
    edit_post(post, actor=bob, source=SECRET)
    quoting = reply_to(post, author=alice, source=f"> {SECRET}\n\nWhy do you say so?")
    reply_to(quoting, author=carol, source=f"> > {SECRET}\n>\n> Why do you say so?\n\nIndeed.")
    reply_to(first, author=carol, source=f"> Did you?\n\nHe did.\n\n> {SECRET}\n\nAnd that.")
    purpose = Purpose(parent_id=quoting.pk)
    save_draft(purpose, member=carol, written=Writing(f"> {SECRET}\n\nDraft of mine."))
    save_draft(Purpose(post_id=post.pk), member=bob, written=Writing(f"{SECRET} Better."))
    return Post.objects.get(pk=post.pk)


def erased(target, dora, carol, **how) -> ModerationAction:
    ask = ask_to_erase if isinstance(target, Post) else ask_to_anonymise
    ask(target, actor=carol, reason="He asked us to", **how)
    return confirm_erasure(Erasure.objects.open().get(), actor=dora)


# -- A post ---------------------------------------------------------------------------------------


def test_no_word_of_it_is_left_in_any_table(secret, dora, carol):
    others = dict(Post.objects.exclude(pk=secret.pk).values_list("pk", "source"))
    assert len(tables_with("xylophone")) > 5
    assert len(tables_with("quixotic")) > 3
    erased(secret, dora, carol)
    assert tables_with("xylophone") == set()
    assert tables_with("quixotic") == set()
    # What others said themselves stands as it was.
    for pk, text in others.items():
        left = Post.objects.get(pk=pk).source
        own = [line for line in text.split("\n") if not line.startswith(">")]
        assert [line for line in own if line.strip()] == [
            line for line in left.split("\n") if line.strip() and not line.startswith(">")
        ]
    assert "Draft of mine." in carol.drafts.get().source


def test_its_place_stays_with_what_answers_it_and_says_so(secret, dora, carol, visitor):
    action = erased(secret, dora, carol)
    post = Post.objects.get(pk=secret.pk)
    assert (post.erased_action, post.is_deleted, post.source) == (action, True, "")
    assert not faults()
    page = visitor.get(post.thread.get_absolute_url()).content.decode()
    assert "Permanently deleted on" in page
    assert action.get_absolute_url() in page
    assert "Why do you say so?" in page
    assert visitor.get(post.get_absolute_url()).status_code == 410


def test_other_quotes_of_the_same_posts_still_lead_to_their_source(secret, dora, carol):
    erased(secret, dora, carol)
    kept = [(quote.words, quote.source_post_id != secret.pk) for quote in Quote.objects.all()]
    assert ("Did you?", True) in kept
    for quote in Quote.objects.exclude(words="").select_related("source_revision"):
        said = quote.source_revision.plain[quote.start : quote.start + quote.length]
        assert quote.words in said
    assert {words for words, is_other in kept if not is_other} == {""}


def test_it_is_one_record_with_a_hash_and_the_author_hears_of_it(secret, dora, carol, bob):
    count = ModerationAction.objects.count()
    action = erased(secret, dora, carol)
    assert ModerationAction.objects.count() == count + 2, "asking for it is the other one"
    assert (action.act, action.actor, action.reason) == ("erase-post", carol, "He asked us to")
    assert len(action.effects.get().after["erased"]) == 64
    assert ModerationNotification.objects.filter(member=bob, action=action).exists()
    asked = Erasure.objects.get()
    assert (asked.outcome, asked.closed_by, asked.record) == ("done", dora, action)
    assert confirm_erasure(asked, actor=dora) == action, "twice is once"


def test_nothing_that_was_done_to_it_before_can_be_undone(secret, dora, carol, erin):
    edit = edit_with_reason(secret, source="Milder.", actor=carol, reason="The key")
    hidden = hide_post(secret, actor=carol, reason="The key")
    asked = ask_to_erase(secret, actor=carol, reason="He asked us to")
    action = confirm_erasure(Erasure.objects.get(), actor=dora)
    for earlier in (edit, hidden, asked):
        with pytest.raises(Conflict):
            undo(earlier, actor=erin, reason="No")
    with pytest.raises(NotAllowed):
        undo(action, actor=erin, reason="No")
    assert tables_with("xylophone") == set()


def test_reports_on_it_are_answered_and_counters_right(secret, dora, carol, erin):
    report_post(secret, actor=erin, reason="private")
    count = Thread.objects.get(pk=secret.thread_id).post_count
    action = erased(secret, dora, carol)
    assert secret.reports.get().action == action
    assert Thread.objects.get(pk=secret.thread_id).post_count == count - 1


def test_title_goes_with_the_opening_post_also_from_the_log(thread, opening, dora, carol, reply):
    retitle_thread(thread, title="Moss and the zeppelin", actor=carol, reason="Clearer")
    retitle_thread(thread, title="Moss", actor=carol, reason="Shorter")
    action = erased(opening, dora, carol)
    for word in ("zeppelin", "north wall"):
        assert tables_with(word) == set()
    titles = ModerationEffect.objects.filter(kind="thread").exclude(action=action)
    assert all(len(each.after["title"]["sha256"]) == 64 for each in titles)
    assert "A deleted title" in Thread.objects.get(pk=thread.pk).title


def test_the_database_lets_nobody_else_change_the_log(thread, opening, carol, dora, reply):
    retitle_thread(thread, title="Moss and the zeppelin", actor=carol, reason="Clearer")

    def refused(sql):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    refused("SELECT forum_forget('thread', target_id) FROM forum_moderationeffect")
    erased(opening, dora, carol)
    refused("UPDATE forum_moderationeffect SET before = '{}'")
    refused("UPDATE forum_moderationeffect SET after = jsonb_build_object('title', 'Mine')")
    refused("UPDATE forum_moderationaction SET reason = 'Mine'")
    refused("DELETE FROM forum_moderationeffect")


# -- Two people -----------------------------------------------------------------------------------


def test_the_same_person_never_confirms_not_even_past_the_rules(secret, carol, as_carol):
    ask_to_erase(secret, actor=carol, reason="Now")
    asked = Erasure.objects.get()
    with pytest.raises(NotAllowed):
        confirm_erasure(asked, actor=User.objects.get(pk=carol.pk))
    other_session = Client()
    other_session.force_login(carol)
    for client in (as_carol, other_session):
        page = reverse("admin:forum_erasure_confirm", args=[asked.pk])
        assert client.post(page).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.update(outcome="done", closed_at=timezone.now(), closed_by=carol)
    assert Post.objects.get(pk=secret.pk).source == SECRET


def test_asked_for_in_the_page_confirmed_at_the_desk(secret, as_carol, dora):
    page = reverse("post-erase", args=[secret.pk])
    told = as_carol.get(page).content.decode()
    assert "1 post in 1 thread" in told
    assert "This can’t be undone" in told
    assert as_carol.post(page, {"reason": "His key"}).status_code == 303
    client = Client()
    client.force_login(dora)
    assert "a post by bob" in client.get(reverse("admin:forum_erasure_changelist")).content.decode()
    asked = Erasure.objects.get()
    shown = client.get(reverse("admin:forum_erasure_change", args=[asked.pk]))
    assert "quotes of them in" in shown.content.decode()
    confirm = reverse("admin:forum_erasure_confirm", args=[asked.pk])
    assert f'action="{confirm}"' in shown.content.decode(), "the button is there"
    assert client.post(confirm, {"seen": "7.7"}).status_code == 302
    assert Post.objects.get(pk=secret.pk).source == SECRET, "it was changed meanwhile"
    assert client.post(confirm, {"seen": shown.context["version"]}).status_code == 302
    assert Post.objects.get(pk=secret.pk).is_erased


def test_refused_or_taken_back_it_stays_and_can_be_asked_for_again(secret, dora, carol):
    for actor, outcome in ((dora, "refused"), (carol, "withdrawn")):
        ask_to_erase(secret, actor=carol, reason=f"Until {actor}")
        asked = Erasure.objects.open().get()
        record = drop_erasure(asked, actor=actor, reason="Not that")
        assert record.act == "drop-erasure"
        assert Erasure.objects.get(pk=asked.pk).outcome == outcome
        with pytest.raises(Conflict):
            confirm_erasure(asked, actor=dora)
        with pytest.raises(Conflict):
            drop_erasure(asked, actor=actor, reason="Twice")
    assert Post.objects.get(pk=secret.pk).source == SECRET


def test_it_lapses_and_is_asked_for_anew(secret, dora, carol):
    ask_to_erase(secret, actor=carol, reason="Now")
    Erasure.objects.update(asked_at=timezone.now() - timedelta(days=15))
    with pytest.raises(Conflict):
        confirm_erasure(Erasure.objects.get(), actor=dora)
    ask_to_erase(secret, actor=carol, reason="Again")
    assert list(Erasure.objects.order_by("pk").values_list("outcome", flat=True)) == ["expired", ""]


def test_operator_is_the_second_person_where_there_is_no_other(secret, carol, as_carol):
    ask_to_erase(secret, actor=carol, reason="Now")
    asked = Erasure.objects.get()
    page = as_carol.get(reverse("admin:forum_erasure_change", args=[asked.pk])).content.decode()
    assert f"manage.py confirm_erasure {asked.pk}" in page
    call_command("confirm_erasure", str(asked.pk), "--yes")
    assert Post.objects.get(pk=secret.pk).is_erased
    with pytest.raises(CommandError):
        call_command("confirm_erasure", "999", "--yes")


def test_members_and_moderators_of_a_board_have_no_part_in_it(secret, alice, board, carol):
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


def test_last_administrator_is_not_erased(erin, carol):
    Erasure.objects.create(person=erin, asked_by=erin, reason="Mine")
    with pytest.raises(Invalid):
        confirm_erasure(Erasure.objects.get(), actor=None)
    assert Revision.objects.count() == 0


# -- What waits for moderators --------------------------------------------------------------------


def test_words_are_gone_from_what_waits_too(secret, dora, carol, bob, alice):
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
    waits = PendingPost.objects.create(
        author=alice, parent=secret, source=f"> {SECRET}\n\nMine stays.", why="two"
    )
    erased(secret, dora, carol)
    assert tables_with("xylophone") == set()
    waits.refresh_from_db()
    assert waits.is_waiting
    assert "Mine stays." in waits.source
