"""Offering drafts: under their posts, in the list and in the composer, also after moves."""

from __future__ import annotations

import json

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Draft, Post, RateLimit, Thread, User
from forum.models.drafts import MOST_LINES, Purpose
from forum.moderation.actions.branch_moves import merge_thread
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from tests.integration.drafts.conftest import HTMX, Composer, address_of, draft_texts
from tests.moderation_actions import split_off

TEXT = "Bricks breathe, moss or no moss."


def read_html(client: Client, address: str, status: int = 200, **options: str) -> str:
    response = client.get(address, **options)
    assert response.status_code == status
    return str(response.content.decode())


# -- Saving ---------------------------------------------------------------------------------------


def test_autosave_response_shows_only_the_time(composer: Composer, alice: User) -> None:
    response = composer.save(TEXT)
    assert response.status_code == 200
    html = response.content.decode()
    assert "Draft saved at " in html
    assert "<textarea" not in html
    assert draft_texts(alice) == [TEXT]


def test_preview_saves_the_draft(composer: Composer, alice: User) -> None:
    composer.send(TEXT, "preview")
    assert draft_texts(alice) == [TEXT]


def test_refused_reply_is_saved_and_posting_it_deletes_the_draft(
    composer: Composer, alice: User, reply: Post
) -> None:
    assert composer.send("@bob").status_code == 422
    assert draft_texts(alice) == ["@bob"]
    assert composer.send(f"@bob {TEXT}").status_code == 302
    assert Draft.objects.count() == 0
    assert Post.objects.get(parent=reply).source == f"@bob {TEXT}"


def test_saving_from_two_devices_shows_both_texts(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    phone = Composer(as_alice, address_of(reply))
    phone.open()
    phone.save("From the phone.")
    response = composer.send("From the desk.", "preview")
    html = response.content.decode()
    assert "A newer draft from another device" in html
    assert "From the phone." in html
    assert "From the desk.</textarea>" in html
    assert draft_texts(alice) == ["From the phone."]
    composer.send("From the desk.", "save")
    assert draft_texts(alice) == ["From the desk."]
    assert phone.save("From the phone, and on.").status_code == 409
    assert "From the phone" not in " ".join(draft_texts(alice))


def test_text_of_the_other_device_can_be_used_instead(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    Composer(as_alice, address_of(reply)).save("From the phone.")
    assert composer.save("From the desk.").status_code == 409
    assert "From the phone.</textarea>" in composer.send("From the desk.", "use").content.decode()
    composer.send("From the phone, and on.", "preview")
    assert draft_texts(alice) == ["From the phone, and on."]


def test_saving_too_often_is_refused_with_the_time_to_wait(composer: Composer, alice: User) -> None:
    composer.save(TEXT)
    RateLimit.objects.update(tokens=0)
    response = composer.save(f"{TEXT} And on.")
    assert response.status_code == 429
    assert response["Retry-After"]
    assert draft_texts(alice) == [TEXT]


# -- Offering -------------------------------------------------------------------------------------


def test_draft_is_offered_under_its_post(
    composer: Composer, as_alice: Client, as_bob: Client, reply: Post
) -> None:
    composer.save(TEXT)
    page = read_html(as_alice, reply.thread.get_absolute_url())
    post = page.index(f'id="p{reply.pk}"')
    offer = page.index("Draft reply to bob, 6 words")
    assert "</article>" in page[post:offer]
    assert "<article" not in page[post:offer].split("</article>", 1)[1]
    assert "6 words" not in read_html(as_bob, reply.thread.get_absolute_url())


def test_counts_of_words_and_of_offered_drafts_are_limited(
    composer: Composer, as_alice: Client, opening: Post, alice: User, bob: User
) -> None:
    composer.save("moss " * 2000)
    assert "Draft reply to bob, 800+ words" in read_html(
        as_alice, opening.thread.get_absolute_url()
    )
    for n in range(MOST_LINES):
        post = reply_to(opening, author=bob, source=f"Number {n}.")
        save_draft(Purpose(parent_id=post.pk), member=alice, written=Writing("Yes."))
    page = read_html(as_alice, opening.thread.get_absolute_url())
    assert page.count('class="draft-offer"') == MOST_LINES
    assert "800+ words" not in page


def test_opening_the_composer_restores_the_whole_draft(
    as_alice: Client, alice: User, opening: Post, reply: Post
) -> None:
    composer = Composer(as_alice, address_of(reply))
    composer.open()
    composer.send(TEXT, "preview", quoted_post_ids=[opening.pk, reply.pk])
    for headers in ({}, HTMX):
        html = read_html(as_alice, address_of(reply), headers=headers)
        assert f"{TEXT}</textarea>" in html
        assert "Draft from " in html
        assert f'name="quoted_post_ids" value="{opening.pk}"' in html
        assert 'name="version" value="1"' in html


def test_quote_is_added_to_the_draft(composer: Composer, as_alice: Client, reply: Post) -> None:
    composer.save(TEXT)
    html = read_html(as_alice, f"{address_of(reply)}?quote=1")
    assert f"{TEXT}\n\n&gt; Only where the bricks" in html
    assert f'name="quoted_post_ids" value="{reply.pk}"' in html


def test_drafts_cause_no_more_queries(composer: Composer, as_alice: Client, thread: Thread) -> None:
    address = thread.get_absolute_url()
    counts = []
    for _again in range(2):
        with CaptureQueriesContext(connection) as captured:
            read_html(as_alice, address)
        counts.append(len(captured))
        composer.save(TEXT)
    assert counts[0] == counts[1]


def test_draft_of_another_page_is_offered_at_the_top(
    as_alice: Client, alice: User, bob: User, opening: Post, reply: Post
) -> None:
    Composer(as_alice, address_of(reply)).save(TEXT)
    last = [reply_to(opening, author=bob, source=f"Number {n}.") for n in range(2)][-1]
    page = read_html(as_alice, f"{opening.thread.get_absolute_url()}?at=p{last.pk}")
    head, _rest = page.split('<ol class="replies', 1)
    assert "Draft reply to bob, 6 words (not on this page)." in head


def test_drafts_of_edits_and_new_threads_are_offered_too(
    as_alice: Client, alice: User, opening: Post, board: Board
) -> None:
    edit_page, new_thread_page = f"/p/{opening.pk}/edit/", f"/b/{board.slug}/new/"
    Composer(as_alice, edit_page).send("Does moss harm bricks? Really?", "preview")
    Composer(as_alice, new_thread_page).send("Lichen grows.", "preview", title="Lichen")
    assert "Really?</textarea>" in read_html(as_alice, edit_page)
    assert "Current text of the post" in read_html(as_alice, edit_page)
    html = read_html(as_alice, new_thread_page)
    assert 'value="Lichen"' in html
    assert "Lichen grows.</textarea>" in html
    assert "Draft edit of this post, 5 words." in read_html(
        as_alice, opening.thread.get_absolute_url()
    )
    page = read_html(as_alice, "/drafts/")
    for words in ("Draft edit of your post", "Thread in Gardens", "Lichen grows."):
        assert words in page


def test_list_shows_own_drafts_with_their_places(
    composer: Composer, as_alice: Client, as_bob: Client, visitor: Client, reply: Post
) -> None:
    composer.save(TEXT)
    page = read_html(as_alice, "/drafts/")
    assert TEXT in page
    assert "Draft reply to bob" in page
    assert "Moss on the north wall" in page
    assert TEXT not in read_html(as_bob, "/drafts/")
    assert visitor.get("/drafts/").status_code == 302
    assert "/drafts/" in read_html(as_alice, "/u/alice/")


# -- Locked, hidden, moved and deleted places -----------------------------------------------------


def test_reply_to_a_locked_thread_is_saved_and_can_be_copied(
    composer: Composer, as_alice: Client, alice: User, carol: User, reply: Post
) -> None:
    lock_thread(reply.thread, actor=carol, reason="going in circles")
    response = composer.send(TEXT)
    html = response.content.decode()
    assert response.status_code == 423
    assert "going in circles" in html
    assert "it’s saved in your drafts" in html
    assert " readonly" in html
    assert f"{TEXT}</textarea>" in html
    assert draft_texts(alice) == [TEXT]
    assert composer.save(f"{TEXT} And on.").status_code == 200
    assert "going in circles" in read_html(as_alice, "/drafts/")
    assert f"{TEXT} And on.</textarea>" in read_html(as_alice, address_of(reply), 423)


def test_reply_to_a_hidden_post_can_be_posted_to_the_thread(
    composer: Composer, as_alice: Client, alice: User, carol: User, opening: Post, reply: Post
) -> None:
    hide_post(reply, actor=carol, reason="advertising")
    response = composer.send(TEXT)
    html = response.content.decode()
    assert response.status_code == 409
    assert "Post to the thread instead" in html
    assert "Save as draft" in html
    assert f'action="{address_of(opening)}"' in html
    assert draft_texts(alice) == [TEXT]
    assert "Draft reply to a removed post" in read_html(as_alice, "/drafts/")
    assert "Post to the thread instead" in read_html(as_alice, address_of(reply), 409)
    reply_to_thread = Composer(as_alice, address_of(opening))
    reply_to_thread.fields = composer.fields
    assert reply_to_thread.send(TEXT).status_code == 302
    assert Post.objects.get(author=alice, parent=opening).source == TEXT
    assert draft_texts(alice) == []


def test_reply_to_a_hidden_opening_post_can_only_be_copied(
    as_alice: Client, alice: User, carol: User, opening: Post, reply: Post
) -> None:
    composer = Composer(as_alice, address_of(opening))
    composer.open()
    hide_post(opening, actor=carol, reason="advertising")
    response = composer.send(TEXT)
    assert response.status_code == 409
    assert " readonly" in response.content.decode()
    assert draft_texts(alice) == [TEXT]


def test_draft_moves_with_its_branch(
    composer: Composer, as_alice: Client, alice: User, carol: User, reply: Post
) -> None:
    composer.save(TEXT)
    thread = split_off(reply, title="Wet bricks", actor=carol, reason="another matter")
    assert "Draft reply to bob, 6 words." in read_html(as_alice, thread.get_absolute_url())
    assert composer.send(TEXT).status_code == 302
    assert Post.objects.get(author=alice, parent=reply).thread == thread


def test_draft_moves_with_its_merged_thread(
    composer: Composer, as_alice: Client, bob: User, carol: User, reply: Post
) -> None:
    composer.save(TEXT)
    other = start_thread(reply.thread.board, author=bob, title="Walls", source="All of them.")
    merge_thread(reply.thread, into=other, actor=carol, reason="the same matter")
    assert "Draft reply to bob, 6 words." in read_html(as_alice, other.get_absolute_url())
    assert composer.send(TEXT).status_code == 302


def test_reply_to_a_deleted_thread_is_saved_and_reveals_nothing_of_the_thread(
    alice: User, bob: User, as_bob: Client, opening: Post
) -> None:
    composer = Composer(as_bob, address_of(opening))
    composer.open()
    delete_post(opening, actor=alice)
    response = composer.send(TEXT)
    html = response.content.decode()
    assert response.status_code == 410
    assert f"{TEXT}</textarea>" in html
    assert "Moss on the north wall" not in html
    assert draft_texts(bob) == [TEXT]
    assert f"{TEXT}</textarea>" in read_html(as_bob, address_of(opening), 410)
    page = read_html(as_bob, "/drafts/")
    assert TEXT in page
    assert "no longer exists" in page
    assert "Moss on the north wall" not in page
    Draft.objects.all().delete()
    assert as_bob.get(address_of(opening)).status_code == 404


def test_reply_to_a_missing_post_is_handled_like_a_deleted_one(
    as_alice: Client, opening: Post
) -> None:
    missing_post = f"/p/{opening.pk + 1000}/reply/"
    assert as_alice.post(missing_post, {"source": TEXT}).status_code == 410
    assert as_alice.post(missing_post, {"source": ""}).status_code == 404
    assert Draft.objects.count() == 0


def test_text_of_a_suspended_member_is_saved(
    composer: Composer, as_alice: Client, alice: User, carol: User, reply: Post
) -> None:
    suspend_person(alice, actor=carol, reason="spam")
    response = composer.send(TEXT)
    assert response.status_code == 403
    assert "it’s saved in your drafts" in response.content.decode()
    assert draft_texts(alice) == [TEXT]
    assert f"{TEXT}</textarea>" in read_html(as_alice, address_of(reply), 403)


def test_edit_of_a_hidden_post_is_saved(
    as_alice: Client, alice: User, carol: User, opening: Post
) -> None:
    composer = Composer(as_alice, f"/p/{opening.pk}/edit/")
    composer.open()
    hide_post(opening, actor=carol, reason="advertising")
    assert composer.send(TEXT).status_code == 403
    assert draft_texts(alice) == [TEXT]
    assert f"{TEXT}</textarea>" in read_html(as_alice, f"/p/{opening.pk}/edit/", 403)


@pytest.mark.parametrize("is_answered", [False, True])
def test_conflicting_edit_is_saved_and_both_texts_are_shown(
    as_alice: Client, alice: User, bob: User, opening: Post, is_answered: bool
) -> None:
    """Detect the conflict even when the other edit came too soon for a revision of its own."""
    if is_answered:
        reply_to(opening, author=bob, source="Only where the bricks stay wet.")
    composer = Composer(as_alice, f"/p/{opening.pk}/edit/")
    composer.open()
    edit_post(opening, actor=alice, source="From the other tab.")
    response = composer.send(TEXT)
    html = response.content.decode()
    assert response.status_code == 409
    assert "From the other tab." in html
    assert f"{TEXT}</textarea>" in html
    assert draft_texts(alice) == [TEXT]
    assert composer.send(TEXT).status_code == 302
    assert Draft.objects.count() == 0


# -- Ended sessions -------------------------------------------------------------------------------


SAME_ORIGIN = {"origin": "http://testserver"}


def client_without_token(member: User | None = None) -> Client:
    """Return a browser whose forms have no CSRF token, or an old one."""
    client = Client(enforce_csrf_checks=True)
    if member:
        client.force_login(member)
    return client


@pytest.mark.parametrize("do", ["", "save"])
def test_text_sent_after_logout_is_shown_and_not_stored(
    composer: Composer, do: str, reply: Post
) -> None:
    client = composer.client = Client()
    response = composer.send(TEXT, do)
    assert response.status_code == 401
    assert f"{TEXT}</textarea>" in response.content.decode()
    assert "Log in on a new page" in response.content.decode()
    assert "sessionid" not in client.cookies
    assert Session.objects.count() == 1  # that of alice's first browser


def test_text_with_an_old_token_and_the_draft_are_both_shown(
    composer: Composer, alice: User, reply: Post
) -> None:
    composer.save("Begun.")
    client = client_without_token(alice)
    client.post(address_of(reply), {"source": "Begun, and ended."}, headers=SAME_ORIGIN)
    html = read_html(client, address_of(reply))
    assert "Begun, and ended.</textarea>" in html
    assert "A newer draft from another device" in html


def test_text_with_an_old_token_is_kept_for_its_writer_only(
    reply: Post, alice: User, bob: User
) -> None:
    """Log bob in, in another tab of the browser that alice's page is open in."""
    for member in (alice, bob):
        client = client_without_token(member)
        form = {"source": TEXT, "writer": str(alice.pk)}
        page = client.post(address_of(reply), form, headers=SAME_ORIGIN).content.decode()
        is_kept = member == alice
        assert ("Your text is safe." in page) is is_kept
        assert (f"{TEXT}</textarea>" in page) is not is_kept
        assert (f"{TEXT}</textarea>" in read_html(client, address_of(reply))) is is_kept


def test_session_keeps_five_texts_and_half_a_megabyte(reply: Post, alice: User) -> None:
    client = client_without_token(alice)
    addresses = [f"/p/{reply.pk + number}/reply/" for number in range(12)]
    for address in addresses:
        page = client.post(address, {"source": "🌿" * 15_000}, headers=SAME_ORIGIN)
        assert "Your text is safe." in page.content.decode()
        kept_text = client.session["kept_text"]
        assert list(kept_text)[-1] == address
        assert len(kept_text) <= 5
        assert len(json.dumps(kept_text)) <= 500_000
    before = client.session["kept_text"]
    page = client.post(addresses[0], {"source": "x" * 900_000}, headers=SAME_ORIGIN)
    assert f"{'x' * 900_000}</textarea>" in page.content.decode()
    assert client.session["kept_text"] == before


@pytest.mark.parametrize("fields", [{"source": "{}"}, {"reason": "Why", "note": "{}"}])
def test_text_of_visitors_is_shown_again_and_not_stored(
    reply: Post, fields: dict[str, str]
) -> None:
    for number in range(20):
        text = f"<b>{number}" + "x" * 900_000
        form = {name: value.format(text) for name, value in fields.items()}
        response = client_without_token().post(address_of(reply), form, headers=SAME_ORIGIN)
        assert response.status_code == 403
        assert f"{escape(text)}</textarea>" in response.content.decode()
        assert "sessionid" not in response.cookies
    assert not Session.objects.exists()


def test_text_sent_by_another_site_is_not_shown(reply: Post, alice: User) -> None:
    for client in (client_without_token(), client_without_token(alice)):
        other_origin = {"origin": "https://elsewhere.example"}
        response = client.post(address_of(reply), {"source": TEXT}, headers=other_origin)
        assert response.status_code == 403
        assert TEXT not in response.content.decode()
