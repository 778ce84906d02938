"""Answering a post, in place and on a page of its own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, Quote, RateLimit, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from tests.html_check import assert_safe
from tests.scene import PASSWORD

HTMX = {"HTTP_HX_REQUEST": "true"}
WORDS = "The north wall never dries, that is all."


def address(post: Post) -> str:
    return f"/p/{post.pk}/reply/"


def send(client: Client, post: Post, source: str = WORDS, **more: Any) -> Any:
    headers = {name: more.pop(name) for name in list(more) if name.startswith("HTTP_")}
    return client.post(address(post), {"source": source, **more}, **headers)


def test_reply_is_posted_without_javascript(as_bob: Client, opening: Post, bob: User) -> None:
    response = send(as_bob, opening)
    post = Post.objects.get(parent=opening)
    assert (post.author, post.source, post.number) == (bob, WORDS, 2)
    assert response.status_code == 302
    assert response["Location"] == f"{opening.thread.get_absolute_url()}#p{post.pk}"
    page = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert WORDS in page
    assert "Posted." in page


def test_reply_is_posted_in_place_with_htmx(as_bob: Client, opening: Post) -> None:
    response = send(as_bob, opening, **HTMX)
    post = Post.objects.get(parent=opening)
    html = response.content.decode()
    assert response.status_code == 201
    assert "<html" not in html
    assert f'id="p{post.pk}"' in html
    assert WORDS in html
    assert "1 reply" in html  # the count is swapped too
    assert "data-focus" in html


def test_form_opens_on_a_page_and_as_a_fragment(as_bob: Client, opening: Post) -> None:
    page = as_bob.get(address(opening)).content.decode()
    fragment = as_bob.get(address(opening), **HTMX).content.decode()
    assert "<html" in page
    assert "Does moss harm the bricks?" in page  # what is answered stands above
    assert "<html" not in fragment
    for html in (page, fragment):
        assert f'action="{address(opening)}"' in html
        assert 'name="source"' in html


def test_page_restored_from_history_is_a_whole_page(as_bob: Client, opening: Post) -> None:
    response = as_bob.get(address(opening), **HTMX, HTTP_HX_HISTORY_RESTORE_REQUEST="true")
    assert "<html" in response.content.decode()


@pytest.mark.parametrize(
    "source",
    ["", "   \n ", "\u200b\u3164", "@alice", "> Does moss harm the bricks?", "x" * 20_001],
    ids=["empty", "spaces", "invisible", "only a mention", "only a quote", "too long"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_is_no_post_comes_back_with_its_text(
    as_bob: Client, opening: Post, source: str, headers: dict[str, str]
) -> None:
    response = send(as_bob, opening, source, **headers)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert source.strip("> ") in html
    assert not Post.objects.filter(parent=opening).exists()


def test_nul_is_refused_with_the_text(as_bob: Client, opening: Post) -> None:
    response = send(as_bob, opening, "moss\x00wall")
    assert response.status_code == 422
    assert "wall" in response.content.decode()


def test_ten_megabytes_are_refused(as_bob: Client, opening: Post) -> None:
    response = send(as_bob, opening, "x" * 10_000_000)
    assert response.status_code == 413
    assert "far too long for a post" in response.content.decode()


def test_pressed_twice_it_is_one_post(as_bob: Client, opening: Post) -> None:
    nonce = str(uuid.uuid4())
    first = send(as_bob, opening, nonce=nonce)
    second = send(as_bob, opening, nonce=nonce)
    assert first["Location"] == second["Location"]
    assert Post.objects.filter(parent=opening).count() == 1
    assert Thread.objects.get().post_count == 2


def test_pressed_again_at_the_limit_it_is_still_that_post(as_bob: Client, opening: Post) -> None:
    nonce = str(uuid.uuid4())
    first = send(as_bob, opening, nonce=nonce)
    for n in range(9):
        send(as_bob, opening, f"Reply number {n}")
    assert send(as_bob, opening, "One more").status_code == 429
    assert send(as_bob, opening, nonce=nonce)["Location"] == first["Location"]


def test_two_people_may_say_the_same(as_bob: Client, as_carol: Client, opening: Post) -> None:
    send(as_bob, opening, "I agree.")
    send(as_carol, opening, "I agree.")
    assert Post.objects.filter(parent=opening).count() == 2


def test_visitor_is_led_to_sign_in(visitor: Client, opening: Post) -> None:
    response = visitor.get(address(opening))
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={address(opening)}"
    fragment = visitor.get(address(opening), **HTMX)
    assert fragment.status_code == 401
    assert f"?next={address(opening)}" in fragment.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_signed_out_meanwhile_the_text_stays_in_the_form(
    visitor: Client, opening: Post, headers: dict[str, str]
) -> None:
    response = send(visitor, opening, **headers)
    html = response.content.decode()
    assert response.status_code == 401
    assert f"{WORDS}</textarea>" in html
    assert f'?next={address(opening)}"' in html
    assert "Log in on a new page</a>" in html


def test_signed_in_on_a_new_page_the_form_of_the_old_one_brings_the_text(
    bob: User, opening: Post
) -> None:
    """Without scripts: logging in makes another token, and the form is pressed once more."""
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    client = Client(enforce_csrf_checks=True, HTTP_ORIGIN="http://testserver")
    client.get("/accounts/login/")
    token = client.cookies["csrftoken"].value
    form = {"source": WORDS, "writer": "", "csrfmiddlewaretoken": token}
    assert client.post(address(opening), form).status_code == 401
    login = {"login": "bob", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/accounts/login/", login).status_code == 302
    page = client.post(address(opening), form)
    assert page.status_code == 403
    assert "Your text is safe." in page.content.decode()
    assert f"{WORDS}</textarea>" in client.get(address(opening)).content.decode()


def test_suspended_member_cannot_reply(as_dan: Client, opening: Post) -> None:
    response = send(as_dan, opening)
    assert response.status_code == 403
    html = response.content.decode()
    assert "suspended: spam" in html
    assert WORDS in html
    assert not Post.objects.filter(parent=opening).exists()


def test_locked_meanwhile_the_text_comes_back(as_bob: Client, opening: Post, carol: User) -> None:
    lock_thread(opening.thread, actor=carol, reason="going in circles")
    response = send(as_bob, opening, **HTMX)
    html = response.content.decode()
    assert response.status_code == 423
    assert "This thread is locked: going in circles" in html
    assert WORDS in html


def test_moderator_may_reply_in_a_locked_thread(
    as_carol: Client, opening: Post, carol: User
) -> None:
    lock_thread(opening.thread, actor=carol, reason="going in circles")
    assert send(as_carol, opening).status_code == 302


def test_closed_board_takes_no_replies(as_bob: Client, opening: Post) -> None:
    from django.utils import timezone

    opening.thread.board.closed_at = timezone.now()
    opening.thread.board.save()
    response = send(as_bob, opening)
    assert response.status_code == 423
    assert WORDS in response.content.decode()


@pytest.mark.parametrize("how", ["hidden", "deleted"])
def test_post_answered_was_removed_meanwhile(
    as_alice: Client, reply: Post, carol: User, bob: User, how: str
) -> None:
    if how == "hidden":
        hide_post(reply, actor=carol, reason="rude")
    else:
        delete_post(reply, actor=bob)
    response = send(as_alice, reply, **HTMX)
    assert response.status_code == 409
    html = response.content.decode()
    assert WORDS in html
    assert "Reply to a removed post" in html
    assert "bob" not in html
    assert not Post.objects.filter(parent=reply).exists()


def test_replying_stays_possible_when_the_opening_post_is_gone(
    as_bob: Client, opening: Post, reply: Post, alice: User
) -> None:
    delete_post(opening, actor=alice)
    assert send(as_bob, reply).status_code == 302


def test_lock_holds_when_the_opening_post_is_gone(
    as_bob: Client, opening: Post, reply: Post, alice: User, carol: User
) -> None:
    lock_thread(opening.thread, actor=carol, reason="over")
    delete_post(opening, actor=alice)
    assert send(as_bob, reply).status_code == 423


@pytest.mark.parametrize("post_id", ["0", "-1", "01", "9223372036854775808", "1e9", "٣", "9" * 400])
def test_odd_ids_are_not_found(as_bob: Client, opening: Post, post_id: str) -> None:
    response = as_bob.post(f"/p/{post_id}/reply/", {"source": WORDS})
    assert response.status_code == 404
    assert "<h1" in response.content.decode()


def test_other_fields_change_nothing(as_bob: Client, opening: Post, alice: User) -> None:
    send(
        as_bob, opening, author=alice.pk, author_id=alice.pk, number=99, lft=1, rght=2, level=0,
        tree_id=5, parent=12345, created_at="1999-01-01", html="<b>x</b>", hidden_at="1999-01-01",
        id=77,
    )  # fmt: skip
    post = Post.objects.get(parent=opening)
    assert post.author.username == "bob"
    assert (post.number, post.level) == (2, 1)
    assert post.created_at.year > 2000
    assert post.pk != 77


def test_broken_nonce_is_refused_with_the_text(as_bob: Client, opening: Post) -> None:
    response = send(as_bob, opening, nonce="'; drop table")
    assert response.status_code == 422
    assert WORDS in response.content.decode()


def test_preview_shows_the_post_and_posts_nothing(
    as_bob: Client, opening: Post, alice: User
) -> None:
    source = "@alice @nobody\n\n> Does moss harm the bricks?\n\n**No.**"
    response = send(as_bob, opening, source, do="preview")
    html = response.content.decode()
    assert response.status_code == 200
    assert "<strong>No.</strong>" in html
    assert '<a class="mention" href="/u/alice/">@alice</a>' in html
    assert "<bdi>alice</bdi> wrote" in html
    assert "**No.**" in html  # the text is still in the form
    assert not Post.objects.filter(parent=opening).exists()


def test_quote_button_fills_in_the_words_with_their_source(as_bob: Client, opening: Post) -> None:
    html = as_bob.get(address(opening) + "?quote=1").content.decode()
    assert "&gt; Does moss harm the bricks?" in html
    assert f'name="quoted_post_ids" value="{opening.pk}"' in html


def test_short_words_quoted_with_the_button_find_their_source(
    as_bob: Client, opening: Post
) -> None:
    send(as_bob, opening, "> moss\n\nAnd ferns?", quoted_post_ids=opening.pk)
    assert Quote.objects.get().source_post == opening


def test_quote_is_found_elsewhere_in_the_thread_however_its_marks_were_typed(
    opening: Post, bob: User, alice: User, carol: User
) -> None:
    source = reply_to(opening, author=bob, source="It was grandmother’s wall, and is damp.")
    other = reply_to(opening, author=alice, source="Mine is dry.")
    quoting = reply_to(
        other, author=carol, source="> It was grandmother's wall, and is damp.\n\nSo?"
    )
    assert quoting.quotes.get().source_post == source


def test_previews_have_a_limit_too(as_bob: Client, opening: Post) -> None:
    answers = [send(as_bob, opening, do="preview").status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_forged_source_of_a_quote_is_not_believed(
    as_bob: Client, opening: Post, reply: Post
) -> None:
    send(as_bob, opening, "> alice never said this at all\n\nSee?", quoted_post_ids=opening.pk)
    assert not Quote.objects.exists()
    html = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert "Not found in this thread" in html


def test_mentions_become_links_and_unknown_names_stay_text(
    as_bob: Client, opening: Post, alice: User, carol: User
) -> None:
    send(as_bob, opening, "Ask @carol, not @nobody or `@alice`.")
    html = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert '<a class="mention" href="/u/carol/">@carol</a>' in html
    assert "not @nobody" in html
    assert "<code>@alice</code>" in html
    post = Post.objects.get(parent=opening)
    assert [mention.person for mention in post.mentions.all()] == [carol]


def test_mentions_at_the_head_fold_into_the_to_line(
    as_bob: Client, opening: Post, carol: User
) -> None:
    send(as_bob, opening, "@alice @carol It does not.")
    html = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert 'also to <a href="/u/carol/">carol</a>' in html
    assert "@alice" not in html


def test_hostile_markup_is_inert(as_bob: Client, opening: Post) -> None:
    source = (
        "<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n"
        '[x](javascript:alert(1)) <a hx-get="/accounts/logout/" hx-trigger="load">y</a>\n\n'
        '<figure class="q" data-quote="0"><figcaption></figcaption></figure> {{7*7}} ok'
    )
    send(as_bob, opening, source)
    assert_safe(Post.objects.get(parent=opening).html)
    page = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_more_than_the_limit_at_once_is_too_fast(as_bob: Client, opening: Post) -> None:
    answers = [send(as_bob, opening, f"Reply number {n}") for n in range(11)]
    last = answers[-1]
    assert [answer.status_code for answer in answers[:-1]] == [302] * 10
    assert last.status_code == 429
    assert int(last["Retry-After"]) > 0
    assert "Reply number 10" in last.content.decode()
    assert Post.objects.filter(parent=opening).count() == 10
    assert RateLimit.objects.exists()


def test_token_out_of_date_keeps_the_text(bob: User, opening: Post) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_ORIGIN="http://testserver")
    client.force_login(bob)
    response = send(client, opening)
    assert response.status_code == 403
    assert not Post.objects.filter(parent=opening).exists()
    assert WORDS in client.get(address(opening)).content.decode()


def test_form_of_another_site_neither_ends_the_session_nor_leaves_words(
    bob: User, opening: Post
) -> None:
    # Of a cookie that is "Lax" the browser sends nothing then, but keeps what it is given.
    stranger = Client(enforce_csrf_checks=True, HTTP_ORIGIN="https://elsewhere.example")
    response = send(stranger, opening)
    assert response.status_code == 403
    assert settings.SESSION_COOKIE_NAME not in response.cookies


def test_what_is_no_post_costs_no_turn(as_bob: Client, opening: Post) -> None:
    assert {send(as_bob, opening, " ").status_code for _ in range(11)} == {422}
    assert send(as_bob, opening).status_code == 302


def test_counters_follow(opening: Post, bob: User, alice: User) -> None:
    first = reply_to(opening, author=bob, source="One reply.")
    second = reply_to(first, author=alice, source="And another.")
    thread = Thread.objects.get()
    assert thread.post_count == 3
    assert thread.last_post == second
    assert thread.last_post_at == second.created_at
    assert [first.level, second.level] == [1, 2]
