"""What a rule matches waits at the door: said at once, kept, shown to its author alone."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import edit_post, reply_to
from forum.models import Case, Draft, Notification, PendingPost, Post, ReviewRule, Thread
from forum.models.drafts import Purpose
from forum.queries.notifications import recount_unread_notifications
from tests.integration.pending_posts.conftest import WORDS, wait

HTMX = {"HTTP_HX_REQUEST": "true"}


def send(client, post, source=WORDS, headers=None, **more):
    return client.post(f"/p/{post.pk}/reply/", {"source": source, **more}, **(headers or {}))


def test_reply_that_a_rule_matches_waits_and_says_so(as_bob, opening, bob, rule):
    answer = send(as_bob, opening)
    pending = PendingPost.objects.get()
    told = answer.content.decode()
    assert answer.status_code == 202
    assert (pending.author, pending.parent, pending.source, pending.state) == (
        bob,
        opening,
        WORDS,
        "waiting",
    )
    assert (pending.rule, pending.kind, pending.why) == (
        rule,
        "words",
        "Words: casino*",
    )
    assert "Awaiting review" in told
    assert "in your inbox" in told
    assert WORDS in told
    assert "casino*" not in told, "which word it was, its author is not told"
    assert Post.objects.count() == Thread.objects.get().post_count == 1


def test_reply_waits_in_place_with_htmx(as_bob, opening, rule):
    answer = send(as_bob, opening, headers=HTMX)
    told = answer.content.decode()
    assert answer.status_code == 202
    assert "<html" not in told
    assert f'id="pending-{PendingPost.objects.get().pk}"' in told
    assert "The decision will be in your inbox." in told
    assert "data-focus" in told


def test_sent_twice_it_waits_once(as_bob, opening, rule):
    nonce = str(uuid.uuid4())
    answers = [send(as_bob, opening, nonce=nonce) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert PendingPost.objects.count() == Case.objects.count() == 1


def test_its_draft_goes_with_it_and_stays_gone(as_bob, bob, opening, rule):
    nonce = uuid.uuid4()
    purpose = Purpose(parent_id=opening.pk)
    save_draft(purpose, member=bob, written=Writing(WORDS, nonce=nonce, autosave_seq=1))
    send(as_bob, opening, nonce=str(nonce))
    late = {"nonce": str(nonce), "do": "save", "autosave_seq": "2"}
    assert send(as_bob, opening, **late).status_code == 200
    assert not Draft.objects.exists()


def test_thread_that_a_rule_matches_waits_by_its_title_too(as_bob, board, rule):
    form = {"title": "My CASINOS", "source": "Come and see."}
    answer = as_bob.post(f"/b/{board.slug}/new/", form)
    pending = PendingPost.objects.get()
    assert answer.status_code == 202
    assert (pending.board, pending.title, pending.source) == (
        board,
        "My CASINOS",
        "Come and see.",
    )
    assert not Thread.objects.exists()


def test_edit_that_newly_matches_waits_and_the_post_stays_as_it_was(as_bob, opening, bob, rule):
    post = reply_to(opening, author=bob, source="A casino once stood here.")
    address = f"/p/{post.pk}/edit/"
    assert as_bob.post(address, {"source": "A casino stood here."}).status_code == 302
    ReviewRule.objects.create(kind="domains", terms="evil.example")
    answer = as_bob.post(address, {"source": "A casino stood at www.evil.example."})
    assert answer.status_code == 202
    pending = PendingPost.objects.get()
    assert (pending.edits, pending.why) == (post, "Domains: evil.example")
    post.refresh_from_db()
    assert post.source == "A casino stood here."
    again = as_bob.post(address, {"source": "A casino stood at evil.example, I think."})
    assert again.status_code == 202
    pending.refresh_from_db()
    assert pending.state == "withdrawn", "the later edit takes its place"
    assert PendingPost.objects.waiting().get().source.endswith("I think.")
    assert Case.objects.open().count() == 1


def test_edit_of_what_was_edited_elsewhere_is_refused_with_its_text(as_bob, reply, bob, rule):
    base = reply.latest_number
    reply_to(reply, author=bob, source="So that the edit is kept.")
    edit_post(reply, actor=bob, source="Something else.")
    form = {"source": WORDS, "base_revision": base}
    answer = as_bob.post(f"/p/{reply.pk}/edit/", form)
    assert answer.status_code == 409
    assert WORDS in answer.content.decode()
    assert not PendingPost.objects.exists()


@pytest.mark.parametrize(
    ("kind", "fields", "source", "is_held"),
    [
        ("words", {"terms": "casino"}, "My casinos.", False),
        ("words", {"terms": "casino"}, "> Buy at my CASINO\n\nSo they say.", True),
        ("domains", {"terms": "evil.example"}, "[x](https://a@WWW.evil.example:8/)", True),
        ("domains", {"terms": "evil.example"}, "https://notevil.example", False),
        ("domains", {"terms": "evil.example"}, "https://evil.example.org", False),
        ("links", {"number": 1}, "https://a.example and https://b.example", True),
        ("links", {"number": 1}, "https://a.example and http://localhost:8000/t/1/", False),
        ("first", {"number": 1}, "Good morning.", True),
        ("words", {"terms": "casino", "is_active": False}, WORDS, False),
    ],
)
def test_rules_hold_what_they_say(as_bob, opening, kind, fields, source, is_held):
    ReviewRule.objects.create(kind=kind, **fields)
    assert (send(as_bob, opening, source).status_code == 202) is is_held


def test_too_many_posts_in_so_many_minutes_wait(as_bob, opening):
    ReviewRule.objects.create(kind="pace", number=2, minutes=10)
    statuses = [send(as_bob, opening, f"Number {n}.").status_code for n in range(4)]
    assert statuses == [302, 302, 202, 202]


def test_first_posts_wait_by_the_setting_until_so_many_stand(as_bob, opening, bob, settings):
    settings.HOLD_FIRST_POSTS = 2
    reply_to(opening, author=bob, source="One stands.")
    assert send(as_bob, opening).status_code == 202
    reply_to(opening, author=bob, source="Two stand.")
    assert send(as_bob, opening, "Three.").status_code == 302


def test_rule_for_new_members_holds_nobody_else(as_alice, as_bob, opening, alice, settings):
    settings.NEW_MEMBER_POSTS = 1
    ReviewRule.objects.create(kind="words", terms="casino", about="new")
    assert send(as_alice, opening).status_code == 302, "her opening post stands"
    assert send(as_bob, opening).status_code == 202


def test_moderators_imports_and_actions_are_not_held(as_carol, opening, bob, rule, settings):
    settings.HOLD_FIRST_POSTS = 5
    assert send(as_carol, opening).status_code == 302
    assert reply_to(opening, author=bob, source=WORDS).pk
    assert not PendingPost.objects.exists()


def test_nobody_is_told_of_what_waits(as_bob, opening, alice, rule):
    send(as_bob, opening, f"@alice {WORDS}\n\n> Does moss harm the bricks?")
    assert not Notification.objects.exists()
    assert recount_unread_notifications(alice) == 0


def test_what_waits_counts_for_the_limit(as_bob, opening, rule):
    statuses = [send(as_bob, opening, f"{WORDS} {n}").status_code for n in range(11)]
    assert statuses == [202] * 10 + [429]


def test_what_is_no_post_or_may_not_be_sent_is_said_as_ever(as_bob, as_dan, opening, rule):
    assert send(as_bob, opening, " ").status_code == 422
    assert send(as_bob, opening, f"{WORDS}{'x' * 20_000}").status_code == 422
    assert send(as_dan, opening).status_code == 403
    assert Client().post(f"/p/{opening.pk}/reply/", {"source": WORDS}).status_code == 401
    assert not PendingPost.objects.exists()


def test_rules_are_one_query_and_nobody_pays_for_none(as_bob, bob, opening):
    def asked():
        with CaptureQueriesContext(connection) as captured:
            assert send(as_bob, opening, "Good morning.").status_code == 302
        return len(captured.captured_queries)

    asked()
    before = asked()
    for n in range(20):
        ReviewRule.objects.create(kind="words", terms=f"casino{n}")
    assert asked() == before


# -- Seen by its author, and by nobody else -------------------------------------------------------


def test_author_sees_it_in_its_place_and_nobody_else(as_bob, as_alice, visitor, pending, opening):
    address = opening.thread.get_absolute_url()
    page = as_bob.get(address).content.decode()
    assert f'id="pending-{pending.pk}"' in page
    assert WORDS in page
    for client in (as_alice, visitor):
        assert WORDS not in client.get(address).content.decode()


def test_author_lists_reads_and_others_find_nothing(as_bob, as_alice, visitor, as_carol, pending):
    assert WORDS in as_bob.get("/pending/").content.decode()
    assert WORDS in as_bob.get(pending.get_absolute_url()).content.decode()
    assert WORDS not in as_alice.get("/pending/").content.decode()
    never = as_alice.get("/pending/999999/")
    there = as_alice.get(pending.get_absolute_url())
    assert (there.status_code, never.status_code) == (404, 404)
    assert visitor.get(pending.get_absolute_url()).status_code == 302
    assert WORDS in as_carol.get(pending.get_absolute_url()).content.decode()


def test_thread_page_asks_no_more_for_it(as_bob, bob, opening, rule, django_assert_num_queries):
    address = opening.thread.get_absolute_url()
    as_bob.get(address)
    with CaptureQueriesContext(connection) as captured:
        as_bob.get(address)
    for n in range(3):
        wait(bob, source=f"{WORDS} {n}", parent_id=opening.pk)
    with django_assert_num_queries(len(captured.captured_queries)):
        as_bob.get(address)


# -- Taken back -----------------------------------------------------------------------------------


def test_author_changes_it_in_the_composer_and_sends_it_again(as_bob, bob, pending, opening):
    answer = as_bob.post(f"{pending.get_absolute_url()}withdraw/", {"do": "change"})
    assert answer["Location"] == f"/p/{opening.pk}/reply/"
    page = as_bob.get(answer["Location"]).content.decode()
    assert WORDS in page
    pending.refresh_from_db()
    assert pending.state == "withdrawn"
    assert not Case.objects.open().exists()
    assert send(as_bob, opening, "A better text.").status_code == 302


def test_author_withdraws_it_and_the_text_is_a_draft(as_bob, bob, pending):
    for _twice in range(2):
        answer = as_bob.post(f"{pending.get_absolute_url()}withdraw/")
        assert answer["Location"] == "/pending/"
    assert Draft.objects.get(member=bob).source == WORDS


def test_another_draft_is_not_written_over(as_bob, bob, pending, opening):
    other = Writing("Another answer.")
    save_draft(Purpose(parent_id=opening.pk), member=bob, written=other)
    answer = as_bob.post(f"{pending.get_absolute_url()}withdraw/", {"do": "change"})
    assert answer.status_code == 409
    pending.refresh_from_db()
    assert pending.is_waiting
    assert Draft.objects.get().source == "Another answer."


def test_nobody_else_withdraws_it(as_alice, as_carol, visitor, pending):
    address = f"{pending.get_absolute_url()}withdraw/"
    assert as_alice.post(address).status_code == 404
    assert as_carol.post(address).status_code == 403
    assert visitor.post(address).status_code == 401
    assert as_alice.get(address).status_code == 405
