"""A draft is offered where it belongs, on every device, whatever has become of that place."""

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
from tests.integration.drafts.conftest import HTMX, Composer, address_of, kept
from tests.moderation_actions import split_off

WORDS = "Bricks breathe, moss or no moss."


def read(client: Client, address: str, status: int = 200, **how: str) -> str:
    response = client.get(address, **how)
    assert response.status_code == status
    return str(response.content.decode())


# -- Saved ----------------------------------------------------------------------------------------


def test_saving_in_passing_says_when_and_nothing_more(composer: Composer, alice: User) -> None:
    response = composer.save(WORDS)
    assert response.status_code == 200
    html = response.content.decode()
    assert "Draft saved at " in html
    assert "<textarea" not in html
    assert kept(alice) == [WORDS]


def test_preview_saves(composer: Composer, alice: User) -> None:
    composer.send(WORDS, "preview")
    assert kept(alice) == [WORDS]


def test_refused_reply_is_kept_and_posting_it_takes_it_away(
    composer: Composer, alice: User, reply: Post
) -> None:
    assert composer.send("@bob").status_code == 422
    assert kept(alice) == ["@bob"]
    assert composer.send(f"@bob {WORDS}").status_code == 302
    assert Draft.objects.count() == 0
    assert Post.objects.get(parent=reply).source == f"@bob {WORDS}"


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
    assert kept(alice) == ["From the phone."]
    composer.send("From the desk.", "save")
    assert kept(alice) == ["From the desk."]
    assert phone.save("From the phone, and on.").status_code == 409
    assert "From the phone" not in " ".join(kept(alice))


def test_the_other_text_can_be_taken_instead(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    Composer(as_alice, address_of(reply)).save("From the phone.")
    assert composer.save("From the desk.").status_code == 409
    assert "From the phone.</textarea>" in composer.send("From the desk.", "use").content.decode()
    composer.send("From the phone, and on.", "preview")
    assert kept(alice) == ["From the phone, and on."]


def test_saving_too_often_waits_and_is_not_lost_from_the_page(
    composer: Composer, alice: User
) -> None:
    composer.save(WORDS)
    RateLimit.objects.update(tokens=0)
    response = composer.save(f"{WORDS} And on.")
    assert response.status_code == 429
    assert response["Retry-After"]
    assert kept(alice) == [WORDS]


# -- Offered --------------------------------------------------------------------------------------


def test_draft_stands_under_its_post(
    composer: Composer, as_alice: Client, as_bob: Client, reply: Post
) -> None:
    composer.save(WORDS)
    page = read(as_alice, reply.thread.get_absolute_url())
    post = page.index(f'id="p{reply.pk}"')
    offer = page.index("Draft reply to bob, 6 words")
    assert "</article>" in page[post:offer]
    assert "<article" not in page[post:offer].split("</article>", 1)[1]
    assert "6 words" not in read(as_bob, reply.thread.get_absolute_url())


def test_words_of_a_long_draft_and_lines_of_many_are_counted_only_so_far(
    composer: Composer, as_alice: Client, opening: Post, alice: User, bob: User
) -> None:
    composer.save("moss " * 2000)
    assert "Draft reply to bob, 800+ words" in read(as_alice, opening.thread.get_absolute_url())
    for n in range(MOST_LINES):
        post = reply_to(opening, author=bob, source=f"Number {n}.")
        save_draft(Purpose(parent_id=post.pk), member=alice, written=Writing("Yes."))
    page = read(as_alice, opening.thread.get_absolute_url())
    assert page.count('class="offer"') == MOST_LINES
    assert "800+ words" not in page


def test_opening_it_again_restores_all_of_it(
    as_alice: Client, alice: User, opening: Post, reply: Post
) -> None:
    composer = Composer(as_alice, address_of(reply))
    composer.open()
    composer.send(WORDS, "preview", quoted_post_ids=[opening.pk, reply.pk])
    for headers in ({}, HTMX):
        html = read(as_alice, address_of(reply), headers=headers)
        assert f"{WORDS}</textarea>" in html
        assert "Draft from " in html
        assert f'name="quoted_post_ids" value="{opening.pk}"' in html
        assert 'name="version" value="1"' in html


def test_quote_is_added_to_the_draft(composer: Composer, as_alice: Client, reply: Post) -> None:
    composer.save(WORDS)
    html = read(as_alice, f"{address_of(reply)}?quote=1")
    assert f"{WORDS}\n\n&gt; Only where the bricks" in html
    assert f'name="quoted_post_ids" value="{reply.pk}"' in html


def test_drafts_cost_the_page_no_query(
    composer: Composer, as_alice: Client, thread: Thread
) -> None:
    address = thread.get_absolute_url()
    counts = []
    for _again in range(2):
        with CaptureQueriesContext(connection) as captured:
            read(as_alice, address)
        counts.append(len(captured))
        composer.save(WORDS)
    assert counts[0] == counts[1]


def test_draft_of_another_page_is_named_at_the_head(
    as_alice: Client, alice: User, bob: User, opening: Post, reply: Post
) -> None:
    Composer(as_alice, address_of(reply)).save(WORDS)
    last = [reply_to(opening, author=bob, source=f"Number {n}.") for n in range(2)][-1]
    page = read(as_alice, f"{opening.thread.get_absolute_url()}?at=p{last.pk}")
    head, _rest = page.split('<ol class="replies', 1)
    assert "Draft reply to bob, 6 words (not on this page)." in head


def test_edits_and_new_threads_are_offered_too(
    as_alice: Client, alice: User, opening: Post, board: Board
) -> None:
    edit, new = f"/p/{opening.pk}/edit/", f"/b/{board.slug}/new/"
    Composer(as_alice, edit).send("Does moss harm bricks? Really?", "preview")
    Composer(as_alice, new).send("Lichen grows.", "preview", title="Lichen")
    assert "Really?</textarea>" in read(as_alice, edit)
    assert "Current text of the post" in read(as_alice, edit)
    html = read(as_alice, new)
    assert 'value="Lichen"' in html
    assert "Lichen grows.</textarea>" in html
    assert "Draft edit of this post, 5 words." in read(as_alice, opening.thread.get_absolute_url())
    page = read(as_alice, "/drafts/")
    for words in ("Draft edit of your post", "Thread in Gardens", "Lichen grows."):
        assert words in page


def test_list_is_ones_own_and_says_where(
    composer: Composer, as_alice: Client, as_bob: Client, visitor: Client, reply: Post
) -> None:
    composer.save(WORDS)
    page = read(as_alice, "/drafts/")
    assert WORDS in page
    assert "Draft reply to bob" in page
    assert "Moss on the north wall" in page
    assert WORDS not in read(as_bob, "/drafts/")
    assert visitor.get("/drafts/").status_code == 302
    assert "/drafts/" in read(as_alice, "/u/alice/")


# -- What became of its place ---------------------------------------------------------------------


def test_locked_thread_keeps_the_text_and_lets_it_be_copied(
    composer: Composer, as_alice: Client, alice: User, carol: User, reply: Post
) -> None:
    lock_thread(reply.thread, actor=carol, reason="going in circles")
    response = composer.send(WORDS)
    html = response.content.decode()
    assert response.status_code == 423
    assert "going in circles" in html
    assert "it’s saved in your drafts" in html
    assert " readonly" in html
    assert f"{WORDS}</textarea>" in html
    assert kept(alice) == [WORDS]
    assert composer.save(f"{WORDS} And on.").status_code == 200
    assert "going in circles" in read(as_alice, "/drafts/")
    assert f"{WORDS} And on.</textarea>" in read(as_alice, address_of(reply), 423)


def test_removed_parent_lets_it_go_to_the_thread(
    composer: Composer, as_alice: Client, alice: User, carol: User, opening: Post, reply: Post
) -> None:
    hide_post(reply, actor=carol, reason="advertising")
    response = composer.send(WORDS)
    html = response.content.decode()
    assert response.status_code == 409
    assert "Post to the thread instead" in html
    assert "Save as draft" in html
    assert f'action="{address_of(opening)}"' in html
    assert kept(alice) == [WORDS]
    assert "Draft reply to a removed post" in read(as_alice, "/drafts/")
    assert "Post to the thread instead" in read(as_alice, address_of(reply), 409)
    instead = Composer(as_alice, address_of(opening))
    instead.fields = composer.fields
    assert instead.send(WORDS).status_code == 302
    assert Post.objects.get(author=alice, parent=opening).source == WORDS
    assert kept(alice) == []


def test_removed_opening_post_leaves_nothing_but_copying(
    as_alice: Client, alice: User, carol: User, opening: Post, reply: Post
) -> None:
    composer = Composer(as_alice, address_of(opening))
    composer.open()
    hide_post(opening, actor=carol, reason="advertising")
    response = composer.send(WORDS)
    assert response.status_code == 409
    assert " readonly" in response.content.decode()
    assert kept(alice) == [WORDS]


def test_moved_parent_takes_the_draft_along(
    composer: Composer, as_alice: Client, alice: User, carol: User, reply: Post
) -> None:
    composer.save(WORDS)
    thread = split_off(reply, title="Wet bricks", actor=carol, reason="another matter")
    assert "Draft reply to bob, 6 words." in read(as_alice, thread.get_absolute_url())
    assert composer.send(WORDS).status_code == 302
    assert Post.objects.get(author=alice, parent=reply).thread == thread


def test_merged_thread_takes_the_draft_along(
    composer: Composer, as_alice: Client, bob: User, carol: User, reply: Post
) -> None:
    composer.save(WORDS)
    other = start_thread(reply.thread.board, author=bob, title="Walls", source="All of them.")
    merge_thread(reply.thread, into=other, actor=carol, reason="the same matter")
    assert "Draft reply to bob, 6 words." in read(as_alice, other.get_absolute_url())
    assert composer.send(WORDS).status_code == 302


def test_deleted_thread_keeps_the_text_and_tells_nothing_of_itself(
    alice: User, bob: User, as_bob: Client, opening: Post
) -> None:
    composer = Composer(as_bob, address_of(opening))
    composer.open()
    delete_post(opening, actor=alice)
    response = composer.send(WORDS)
    html = response.content.decode()
    assert response.status_code == 410
    assert f"{WORDS}</textarea>" in html
    assert "Moss on the north wall" not in html
    assert kept(bob) == [WORDS]
    assert f"{WORDS}</textarea>" in read(as_bob, address_of(opening), 410)
    page = read(as_bob, "/drafts/")
    assert WORDS in page
    assert "no longer exists" in page
    assert "Moss on the north wall" not in page
    Draft.objects.all().delete()
    assert as_bob.get(address_of(opening)).status_code == 404


def test_what_never_was_answers_like_what_is_gone(as_alice: Client, opening: Post) -> None:
    nowhere = f"/p/{opening.pk + 1000}/reply/"
    assert as_alice.post(nowhere, {"source": WORDS}).status_code == 410
    assert as_alice.post(nowhere, {"source": ""}).status_code == 404
    assert Draft.objects.count() == 0


def test_suspended_member_keeps_the_text(
    composer: Composer, as_alice: Client, alice: User, carol: User, reply: Post
) -> None:
    suspend_person(alice, actor=carol, reason="spam")
    response = composer.send(WORDS)
    assert response.status_code == 403
    assert "it’s saved in your drafts" in response.content.decode()
    assert kept(alice) == [WORDS]
    assert f"{WORDS}</textarea>" in read(as_alice, address_of(reply), 403)


def test_hidden_post_keeps_its_edit(
    as_alice: Client, alice: User, carol: User, opening: Post
) -> None:
    composer = Composer(as_alice, f"/p/{opening.pk}/edit/")
    composer.open()
    hide_post(opening, actor=carol, reason="advertising")
    assert composer.send(WORDS).status_code == 403
    assert kept(alice) == [WORDS]
    assert f"{WORDS}</textarea>" in read(as_alice, f"/p/{opening.pk}/edit/", 403)


@pytest.mark.parametrize("is_answered", [False, True])
def test_edit_over_an_edit_keeps_the_draft_and_shows_both(
    as_alice: Client, alice: User, bob: User, opening: Post, is_answered: bool
) -> None:
    """A correction soon after leaves no revision of its own, and is not written over either."""
    if is_answered:
        reply_to(opening, author=bob, source="Only where the bricks stay wet.")
    composer = Composer(as_alice, f"/p/{opening.pk}/edit/")
    composer.open()
    edit_post(opening, actor=alice, source="From the other tab.")
    response = composer.send(WORDS)
    html = response.content.decode()
    assert response.status_code == 409
    assert "From the other tab." in html
    assert f"{WORDS}</textarea>" in html
    assert kept(alice) == [WORDS]
    assert composer.send(WORDS).status_code == 302
    assert Draft.objects.count() == 0


# -- The session ----------------------------------------------------------------------------------


OUR_PAGE = {"origin": "http://testserver"}


def strict(member: User | None = None) -> Client:
    """A browser whose forms have no token, or an old one."""
    client = Client(enforce_csrf_checks=True)
    if member:
        client.force_login(member)
    return client


@pytest.mark.parametrize("do", ["", "save"])
def test_text_of_an_ended_session_is_shown_and_nothing_is_stored(
    composer: Composer, do: str, reply: Post
) -> None:
    client = composer.client = Client()
    response = composer.send(WORDS, do)
    assert response.status_code == 401
    assert f"{WORDS}</textarea>" in response.content.decode()
    assert "Log in on a new page" in response.content.decode()
    assert "sessionid" not in client.cookies
    assert Session.objects.count() == 1  # of alice, in the browser where she wrote before


def test_text_with_a_stale_token_and_the_draft_are_both_shown(
    composer: Composer, alice: User, reply: Post
) -> None:
    composer.save("Begun.")
    client = strict(alice)
    client.post(address_of(reply), {"source": "Begun, and ended."}, headers=OUR_PAGE)
    html = read(client, address_of(reply))
    assert "Begun, and ended.</textarea>" in html
    assert "A newer draft from another device" in html


def test_text_with_a_stale_token_is_kept_for_who_wrote_it(
    reply: Post, alice: User, bob: User
) -> None:
    """Bob signed in, in another tab of the browser that alice's page is open in."""
    for member in (alice, bob):
        client = strict(member)
        form = {"source": WORDS, "writer": str(alice.pk)}
        page = client.post(address_of(reply), form, headers=OUR_PAGE).content.decode()
        is_kept = member == alice
        assert ("Your text is safe." in page) is is_kept
        assert (f"{WORDS}</textarea>" in page) is not is_kept
        assert (f"{WORDS}</textarea>" in read(client, address_of(reply))) is is_kept


def test_the_session_keeps_a_few_forms_and_half_a_megabyte(reply: Post, alice: User) -> None:
    client = strict(alice)
    addresses = [f"/p/{reply.pk + number}/reply/" for number in range(12)]
    for address in addresses:
        page = client.post(address, {"source": "🌿" * 15_000}, headers=OUR_PAGE)
        assert "Your text is safe." in page.content.decode()
        kept_text = client.session["kept_text"]
        assert list(kept_text)[-1] == address
        assert len(kept_text) <= 5
        assert len(json.dumps(kept_text)) <= 500_000
    before = client.session["kept_text"]
    page = client.post(addresses[0], {"source": "x" * 900_000}, headers=OUR_PAGE)
    assert f"{'x' * 900_000}</textarea>" in page.content.decode()
    assert client.session["kept_text"] == before


@pytest.mark.parametrize("fields", [{"source": "{}"}, {"reason": "Why", "note": "{}"}])
def test_nothing_is_stored_for_strangers_and_they_keep_their_text(
    reply: Post, fields: dict[str, str]
) -> None:
    for number in range(20):
        text = f"<b>{number}" + "x" * 900_000
        form = {name: value.format(text) for name, value in fields.items()}
        response = strict().post(address_of(reply), form, headers=OUR_PAGE)
        assert response.status_code == 403
        assert f"{escape(text)}</textarea>" in response.content.decode()
        assert "sessionid" not in response.cookies
    assert not Session.objects.exists()


def test_another_sites_words_are_not_shown(reply: Post, alice: User) -> None:
    for client in (strict(), strict(alice)):
        elsewhere = {"origin": "https://elsewhere.example"}
        response = client.post(address_of(reply), {"source": WORDS}, headers=elsewhere)
        assert response.status_code == 403
        assert WORDS not in response.content.decode()
