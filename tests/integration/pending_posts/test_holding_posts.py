"""Holding posts for review: the author is informed at once and sees the post, others do not."""

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
from forum.queries.notification_counts import recount_unread_notifications
from tests.html import Page
from tests.integration.pending_posts.conftest import TEXT, hold

HTMX = {"HTTP_HX_REQUEST": "true"}


def post_reply(client, post, source=TEXT, headers=None, **other_fields):
    return client.post(
        f"/p/{post.pk}/reply/", {"source": source, **other_fields}, **(headers or {})
    )


def test_reply_that_a_rule_matches_is_held_and_the_author_informed(as_bob, opening, bob, rule):
    response = post_reply(as_bob, opening)
    pending = PendingPost.objects.get()
    html = response.content.decode()
    assert response.status_code == 202
    assert (pending.author, pending.parent, pending.source, pending.state) == (
        bob,
        opening,
        TEXT,
        "waiting",
    )
    assert (pending.rule, pending.kind, pending.why) == (
        rule,
        "words",
        "Words: casino*",
    )
    assert "Awaiting review" in html
    assert "in your inbox" in html
    assert TEXT in html
    assert "casino*" not in html, "which word it was, its author is not told"
    assert Post.objects.count() == Thread.objects.get().post_count == 1


def test_held_reply_is_shown_in_place_with_htmx(as_bob, opening, rule):
    response = post_reply(as_bob, opening, headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 202
    assert "<html" not in html
    assert f'id="pending-{PendingPost.objects.get().pk}"' in html
    assert "The decision will be in your inbox." in html
    assert "data-focus" in html


def test_reply_sent_twice_is_held_once(as_bob, opening, rule):
    nonce = str(uuid.uuid4())
    responses = [post_reply(as_bob, opening, nonce=nonce) for _twice in range(2)]
    assert [response.status_code for response in responses] == [202, 202]
    assert PendingPost.objects.count() == Case.objects.count() == 1


def test_held_reply_replaces_its_draft_also_after_a_late_autosave(as_bob, bob, opening, rule):
    nonce = uuid.uuid4()
    purpose = Purpose(parent_id=opening.pk)
    save_draft(purpose, member=bob, written=Writing(TEXT, nonce=nonce, autosave_seq=1))
    post_reply(as_bob, opening, nonce=str(nonce))
    late_autosave = {"nonce": str(nonce), "do": "save", "autosave_seq": "2"}
    assert post_reply(as_bob, opening, **late_autosave).status_code == 200
    assert not Draft.objects.exists()


def test_thread_is_held_when_its_title_matches_a_rule(as_bob, board, rule):
    form = {"title": "My CASINOS", "source": "Come and see."}
    response = as_bob.post(f"/b/{board.slug}/new/", form)
    pending = PendingPost.objects.get()
    assert response.status_code == 202
    assert (pending.board, pending.title, pending.source) == (
        board,
        "My CASINOS",
        "Come and see.",
    )
    assert not Thread.objects.exists()


def test_edit_that_newly_matches_is_held_and_the_post_stays_unchanged(as_bob, opening, bob, rule):
    post = reply_to(opening, author=bob, source="A casino once stood here.")
    address = f"/p/{post.pk}/edit/"
    assert as_bob.post(address, {"source": "A casino stood here."}).status_code == 302
    ReviewRule.objects.create(kind="domains", terms="evil.example")
    response = as_bob.post(address, {"source": "A casino stood at www.evil.example."})
    assert response.status_code == 202
    pending = PendingPost.objects.get()
    assert (pending.edits, pending.why) == (post, "Domains: evil.example")
    post.refresh_from_db()
    assert post.source == "A casino stood here."
    response = as_bob.post(address, {"source": "A casino stood at evil.example, I think."})
    assert response.status_code == 202
    pending.refresh_from_db()
    assert pending.state == "withdrawn", "the later edit takes its place"
    assert PendingPost.objects.waiting().get().source.endswith("I think.")
    assert Case.objects.open().count() == 1


def test_conflicting_edit_is_refused_with_its_text(as_bob, reply, bob, rule):
    base_revision = reply.latest_number
    reply_to(reply, author=bob, source="So that the edit is kept.")
    edit_post(reply, actor=bob, source="Something else.")
    form = {"source": TEXT, "base_revision": base_revision}
    response = as_bob.post(f"/p/{reply.pk}/edit/", form)
    assert response.status_code == 409
    assert TEXT in response.content.decode()
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
        ("words", {"terms": "casino", "is_active": False}, TEXT, False),
    ],
)
def test_rules_hold_the_posts_that_match(as_bob, opening, kind, fields, source, is_held):
    ReviewRule.objects.create(kind=kind, **fields)
    assert (post_reply(as_bob, opening, source).status_code == 202) is is_held


def test_posts_above_a_rate_are_held(as_bob, opening):
    ReviewRule.objects.create(kind="pace", number=2, minutes=10)
    statuses = [post_reply(as_bob, opening, f"Number {n}.").status_code for n in range(4)]
    assert statuses == [302, 302, 202, 202]


def test_first_posts_are_held_until_enough_are_published(as_bob, opening, bob, settings):
    settings.HOLD_FIRST_POSTS = 2
    reply_to(opening, author=bob, source="One stands.")
    assert post_reply(as_bob, opening).status_code == 202
    reply_to(opening, author=bob, source="Two stand.")
    assert post_reply(as_bob, opening, "Three.").status_code == 302


def test_rule_for_new_members_does_not_hold_posts_of_others(
    as_alice, as_bob, opening, alice, settings
):
    settings.NEW_MEMBER_POSTS = 1
    ReviewRule.objects.create(kind="words", terms="casino", about="new")
    assert post_reply(as_alice, opening).status_code == 302, "her opening post stands"
    assert post_reply(as_bob, opening).status_code == 202


def test_moderators_imports_and_actions_are_not_held(as_carol, opening, bob, rule, settings):
    settings.HOLD_FIRST_POSTS = 5
    assert post_reply(as_carol, opening).status_code == 302
    assert reply_to(opening, author=bob, source=TEXT).pk
    assert not PendingPost.objects.exists()


def test_pending_posts_send_no_notifications(as_bob, opening, alice, rule):
    post_reply(as_bob, opening, f"@alice {TEXT}\n\n> Does moss harm the bricks?")
    assert not Notification.objects.exists()
    assert recount_unread_notifications(alice) == 0


def test_pending_posts_count_toward_the_rate_limit(as_bob, opening, rule):
    statuses = [post_reply(as_bob, opening, f"{TEXT} {n}").status_code for n in range(11)]
    assert statuses == [202] * 10 + [429]


def test_invalid_or_forbidden_posts_are_refused_and_not_held(as_bob, as_dan, opening, rule):
    assert post_reply(as_bob, opening, " ").status_code == 422
    assert post_reply(as_bob, opening, f"{TEXT}{'x' * 20_000}").status_code == 422
    assert post_reply(as_dan, opening).status_code == 403
    assert Client().post(f"/p/{opening.pk}/reply/", {"source": TEXT}).status_code == 401
    assert not PendingPost.objects.exists()


def test_queries_do_not_grow_with_the_rules(as_bob, bob, opening):
    def count_queries():
        with CaptureQueriesContext(connection) as captured:
            assert post_reply(as_bob, opening, "Good morning.").status_code == 302
        return len(captured.captured_queries)

    count_queries()
    before = count_queries()
    for n in range(20):
        ReviewRule.objects.create(kind="words", terms=f"casino{n}")
    assert count_queries() == before


# -- Visibility -----------------------------------------------------------------------------------


def test_pending_post_is_shown_in_its_place_to_its_author_only(
    as_bob, as_alice, visitor, pending, opening
):
    address = opening.thread.get_absolute_url()
    page = as_bob.get(address).content.decode()
    assert f'id="pending-{pending.pk}"' in page
    assert TEXT in page
    for client in (as_alice, visitor):
        assert TEXT not in client.get(address).content.decode()


def test_pending_post_is_found_by_its_author_and_moderators_only(
    as_bob, as_alice, visitor, as_carol, pending
):
    assert TEXT in as_bob.get("/pending/").content.decode()
    assert TEXT in as_bob.get(pending.get_absolute_url()).content.decode()
    assert TEXT not in as_alice.get("/pending/").content.decode()
    missing = as_alice.get("/pending/999999/")
    existing = as_alice.get(pending.get_absolute_url())
    assert (existing.status_code, missing.status_code) == (404, 404)
    assert visitor.get(pending.get_absolute_url()).status_code == 302
    assert TEXT in as_carol.get(pending.get_absolute_url()).content.decode()


def test_pending_posts_cause_no_more_queries_on_the_thread_page(
    as_bob, bob, opening, rule, django_assert_num_queries
):
    address = opening.thread.get_absolute_url()
    as_bob.get(address)
    with CaptureQueriesContext(connection) as captured:
        as_bob.get(address)
    for n in range(3):
        hold(bob, source=f"{TEXT} {n}", parent_id=opening.pk)
    with django_assert_num_queries(len(captured.captured_queries)):
        as_bob.get(address)


# -- Withdrawing ----------------------------------------------------------------------------------


def test_author_revises_the_post_in_the_composer_and_sends_it_again(as_bob, bob, pending, opening):
    response = as_bob.post(f"{pending.get_absolute_url()}withdraw/", {"do": "change"})
    assert response["Location"] == f"/p/{opening.pk}/reply/"
    page = as_bob.get(response["Location"]).content.decode()
    assert TEXT in page
    pending.refresh_from_db()
    assert pending.state == "withdrawn"
    assert not Case.objects.open().exists()
    assert post_reply(as_bob, opening, "A better text.").status_code == 302


def test_withdrawn_post_becomes_a_draft(as_bob, bob, pending):
    for _twice in range(2):
        response = as_bob.post(f"{pending.get_absolute_url()}withdraw/")
        assert response["Location"] == "/pending/"
    assert Draft.objects.get(member=bob).source == TEXT


def test_moderators_cannot_read_a_withdrawn_post(as_bob, as_carol, pending):
    case, page = Case.objects.get(), pending.get_absolute_url()
    addresses = [
        page,
        f"/admin/forum/pendingpost/{pending.pk}/change/",
        f"/admin/forum/case/{case.pk}/change/",
        *("/admin/?state=open", "/admin/?state=closed", "/admin/forum/pendingpost/"),
    ]
    word = TEXT.split()[-1].strip(".")
    searches = [f"/admin/forum/pendingpost/?q={word}", f"/admin/?state=closed&q={word}"]
    assert TEXT in Page(as_carol.get(page))
    as_bob.post(f"{page}withdraw/")
    for address in addresses:
        assert word not in Page(as_carol.get(address))
    for address in searches:
        assert not as_carol.get(address).context["cl"].result_list
    assert "in your drafts" in Page(as_bob.get(page))


def test_withdrawing_does_not_overwrite_another_draft(as_bob, bob, pending, opening):
    other = Writing("Another answer.")
    save_draft(Purpose(parent_id=opening.pk), member=bob, written=other)
    response = as_bob.post(f"{pending.get_absolute_url()}withdraw/", {"do": "change"})
    assert response.status_code == 409
    pending.refresh_from_db()
    assert pending.is_waiting
    assert Draft.objects.get().source == "Another answer."


def test_only_the_author_can_withdraw_the_post(as_alice, as_carol, visitor, pending):
    address = f"{pending.get_absolute_url()}withdraw/"
    assert as_alice.post(address).status_code == 404
    assert as_carol.post(address).status_code == 403
    assert visitor.post(address).status_code == 401
    assert as_alice.get(address).status_code == 405
