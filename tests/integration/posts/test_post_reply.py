"""Replying to a post, in place and on a separate page."""

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
TEXT = "The north wall never dries, that is all."


def reply_url(post: Post) -> str:
    return f"/p/{post.pk}/reply/"


def submit(client: Client, post: Post, source: str = TEXT, **more: Any) -> Any:
    headers = {name: more.pop(name) for name in list(more) if name.startswith("HTTP_")}
    return client.post(reply_url(post), {"source": source, **more}, **headers)


def test_reply_is_posted_without_scripts(as_bob: Client, opening: Post, bob: User) -> None:
    response = submit(as_bob, opening)
    post = Post.objects.get(parent=opening)
    assert (post.author, post.source, post.number) == (bob, TEXT, 2)
    assert response.status_code == 302
    assert response["Location"] == f"{opening.thread.get_absolute_url()}#p{post.pk}"
    page = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert TEXT in page
    assert "Posted." in page


def test_reply_is_posted_in_place_with_htmx(as_bob: Client, opening: Post) -> None:
    response = submit(as_bob, opening, **HTMX)
    post = Post.objects.get(parent=opening)
    html = response.content.decode()
    assert response.status_code == 201
    assert "<html" not in html
    assert f'id="p{post.pk}"' in html
    assert TEXT in html
    assert "1 reply" in html  # the count is swapped too
    assert "data-focus" in html


def test_form_is_a_page_or_a_fragment(as_bob: Client, opening: Post) -> None:
    page = as_bob.get(reply_url(opening)).content.decode()
    fragment = as_bob.get(reply_url(opening), **HTMX).content.decode()
    assert "<html" in page
    assert "Does moss harm the bricks?" in page  # the parent is shown above the form
    assert "<html" not in fragment
    for html in (page, fragment):
        assert f'action="{reply_url(opening)}"' in html
        assert 'name="source"' in html


def test_htmx_history_restore_gets_a_whole_page(as_bob: Client, opening: Post) -> None:
    response = as_bob.get(reply_url(opening), **HTMX, HTTP_HX_HISTORY_RESTORE_REQUEST="true")
    assert "<html" in response.content.decode()


@pytest.mark.parametrize(
    "source",
    ["", "   \n ", "\u200b\u3164", "@alice", "> Does moss harm the bricks?", "x" * 20_001],
    ids=["empty", "spaces", "invisible", "only a mention", "only a quote", "too long"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_invalid_text_is_kept_in_the_form(
    as_bob: Client, opening: Post, source: str, headers: dict[str, str]
) -> None:
    response = submit(as_bob, opening, source, **headers)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert source.strip("> ") in html
    assert not Post.objects.filter(parent=opening).exists()


def test_text_with_nul_is_rejected_and_kept_in_the_form(as_bob: Client, opening: Post) -> None:
    response = submit(as_bob, opening, "moss\x00wall")
    assert response.status_code == 422
    assert "wall" in response.content.decode()


def test_ten_megabytes_are_rejected(as_bob: Client, opening: Post) -> None:
    response = submit(as_bob, opening, "x" * 10_000_000)
    assert response.status_code == 413
    assert "far too long for a post" in response.content.decode()


def test_form_sent_twice_posts_once(as_bob: Client, opening: Post) -> None:
    nonce = str(uuid.uuid4())
    first = submit(as_bob, opening, nonce=nonce)
    second = submit(as_bob, opening, nonce=nonce)
    assert first["Location"] == second["Location"]
    assert Post.objects.filter(parent=opening).count() == 1
    assert Thread.objects.get().post_count == 2


def test_form_sent_twice_posts_once_even_at_the_rate_limit(as_bob: Client, opening: Post) -> None:
    nonce = str(uuid.uuid4())
    first = submit(as_bob, opening, nonce=nonce)
    for n in range(9):
        submit(as_bob, opening, f"Reply number {n}")
    assert submit(as_bob, opening, "One more").status_code == 429
    assert submit(as_bob, opening, nonce=nonce)["Location"] == first["Location"]


def test_two_members_can_post_the_same_text(
    as_bob: Client, as_carol: Client, opening: Post
) -> None:
    submit(as_bob, opening, "I agree.")
    submit(as_carol, opening, "I agree.")
    assert Post.objects.filter(parent=opening).count() == 2


def test_visitor_is_redirected_to_the_login_page(visitor: Client, opening: Post) -> None:
    response = visitor.get(reply_url(opening))
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={reply_url(opening)}"
    fragment = visitor.get(reply_url(opening), **HTMX)
    assert fragment.status_code == 401
    assert f"?next={reply_url(opening)}" in fragment.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_text_stays_in_the_form_after_logging_out(
    visitor: Client, opening: Post, headers: dict[str, str]
) -> None:
    response = submit(visitor, opening, **headers)
    html = response.content.decode()
    assert response.status_code == 401
    assert f"{TEXT}</textarea>" in html
    assert f'?next={reply_url(opening)}"' in html
    assert "Log in on a new page</a>" in html


def test_text_is_saved_when_the_form_has_an_outdated_token_after_logging_in(
    bob: User, opening: Post
) -> None:
    """Logging in changes the CSRF token; without scripts the form still has the old one."""
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    client = Client(enforce_csrf_checks=True, HTTP_ORIGIN="http://testserver")
    client.get("/accounts/login/")
    token = client.cookies["csrftoken"].value
    form = {"source": TEXT, "writer": "", "csrfmiddlewaretoken": token}
    assert client.post(reply_url(opening), form).status_code == 401
    login = {"login": "bob", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/accounts/login/", login).status_code == 302
    page = client.post(reply_url(opening), form)
    assert page.status_code == 403
    assert "Your text is safe." in page.content.decode()
    assert f"{TEXT}</textarea>" in client.get(reply_url(opening)).content.decode()


def test_suspended_member_cannot_reply(as_dan: Client, opening: Post) -> None:
    response = submit(as_dan, opening)
    assert response.status_code == 403
    html = response.content.decode()
    assert "suspended: spam" in html
    assert TEXT in html
    assert not Post.objects.filter(parent=opening).exists()


def test_text_is_kept_when_the_thread_was_locked(
    as_bob: Client, opening: Post, carol: User
) -> None:
    lock_thread(opening.thread, actor=carol, reason="going in circles")
    response = submit(as_bob, opening, **HTMX)
    html = response.content.decode()
    assert response.status_code == 423
    assert "This thread is locked: going in circles" in html
    assert TEXT in html


def test_moderator_can_reply_in_a_locked_thread(
    as_carol: Client, opening: Post, carol: User
) -> None:
    lock_thread(opening.thread, actor=carol, reason="going in circles")
    assert submit(as_carol, opening).status_code == 302


def test_closed_board_accepts_no_replies(as_bob: Client, opening: Post) -> None:
    from django.utils import timezone

    opening.thread.board.closed_at = timezone.now()
    opening.thread.board.save()
    response = submit(as_bob, opening)
    assert response.status_code == 423
    assert TEXT in response.content.decode()


@pytest.mark.parametrize("how", ["hidden", "deleted"])
def test_text_is_kept_when_the_parent_was_hidden_or_deleted(
    as_alice: Client, reply: Post, carol: User, bob: User, how: str
) -> None:
    if how == "hidden":
        hide_post(reply, actor=carol, reason="rude")
    else:
        delete_post(reply, actor=bob)
    response = submit(as_alice, reply, **HTMX)
    assert response.status_code == 409
    html = response.content.decode()
    assert TEXT in html
    assert "Reply to a removed post" in html
    assert "bob" not in html
    assert not Post.objects.filter(parent=reply).exists()


def test_replies_can_be_posted_after_the_opening_post_was_deleted(
    as_bob: Client, opening: Post, reply: Post, alice: User
) -> None:
    delete_post(opening, actor=alice)
    assert submit(as_bob, reply).status_code == 302


def test_thread_stays_locked_after_the_opening_post_was_deleted(
    as_bob: Client, opening: Post, reply: Post, alice: User, carol: User
) -> None:
    lock_thread(opening.thread, actor=carol, reason="over")
    delete_post(opening, actor=alice)
    assert submit(as_bob, reply).status_code == 423


@pytest.mark.parametrize("post_id", ["0", "-1", "01", "9223372036854775808", "1e9", "٣", "9" * 400])
def test_invalid_ids_return_404(as_bob: Client, opening: Post, post_id: str) -> None:
    response = as_bob.post(f"/p/{post_id}/reply/", {"source": TEXT})
    assert response.status_code == 404
    assert "<h1" in response.content.decode()


def test_unknown_form_fields_are_ignored(as_bob: Client, opening: Post, alice: User) -> None:
    submit(
        as_bob, opening, author=alice.pk, author_id=alice.pk, number=99, lft=1, rght=2, level=0,
        tree_id=5, parent=12345, created_at="1999-01-01", html="<b>x</b>", hidden_at="1999-01-01",
        id=77,
    )  # fmt: skip
    post = Post.objects.get(parent=opening)
    assert post.author.username == "bob"
    assert (post.number, post.level) == (2, 1)
    assert post.created_at.year > 2000
    assert post.pk != 77


def test_invalid_nonce_is_rejected_and_the_text_kept(as_bob: Client, opening: Post) -> None:
    response = submit(as_bob, opening, nonce="'; drop table")
    assert response.status_code == 422
    assert TEXT in response.content.decode()


def test_preview_shows_the_post_without_posting_it(
    as_bob: Client, opening: Post, alice: User
) -> None:
    source = "> Does moss harm the bricks?\n\n**No.** Ask @alice or @nobody."
    response = submit(as_bob, opening, source, do="preview")
    html = response.content.decode()
    assert response.status_code == 200
    assert "<strong>No.</strong>" in html
    assert '<a class="mention" href="/u/alice/">@alice</a>' in html
    assert "<bdi>alice</bdi> wrote" in html
    assert "**No.**" in html  # the text is still in the form
    assert not Post.objects.filter(parent=opening).exists()


def test_quote_link_inserts_the_text_and_its_source(as_bob: Client, opening: Post) -> None:
    html = as_bob.get(reply_url(opening) + "?quote=1").content.decode()
    assert "&gt; Does moss harm the bricks?" in html
    assert f'name="quoted_post_ids" value="{opening.pk}"' in html


def test_short_quote_inserted_by_the_link_has_its_source(as_bob: Client, opening: Post) -> None:
    submit(as_bob, opening, "> moss\n\nAnd ferns?", quoted_post_ids=opening.pk)
    assert Quote.objects.get().source_post == opening


def test_source_of_a_quote_is_found_despite_other_quotation_marks(
    opening: Post, bob: User, alice: User, carol: User
) -> None:
    source = reply_to(opening, author=bob, source="It was grandmother’s wall, and is damp.")
    other = reply_to(opening, author=alice, source="Mine is dry.")
    quoting = reply_to(
        other, author=carol, source="> It was grandmother's wall, and is damp.\n\nSo?"
    )
    assert quoting.quotes.get().source_post == source


@pytest.mark.slow
def test_previews_have_a_rate_limit(as_bob: Client, opening: Post) -> None:
    statuses = [submit(as_bob, opening, do="preview").status_code for _ in range(30)]
    assert statuses[:20] == [200] * 20
    assert 429 in statuses  # on a slow machine the bucket has gained some tokens meanwhile


def test_forged_source_of_a_quote_is_ignored(as_bob: Client, opening: Post, reply: Post) -> None:
    submit(as_bob, opening, "> alice never said this at all\n\nSee?", quoted_post_ids=opening.pk)
    assert not Quote.objects.exists()
    html = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert "Not found in this thread" in html


def test_mentions_become_links_and_unknown_names_remain_text(
    as_bob: Client, opening: Post, alice: User, carol: User
) -> None:
    submit(as_bob, opening, "Ask @carol, not @nobody or `@alice`.")
    html = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert '<a class="mention" href="/u/carol/">@carol</a>' in html
    assert "not @nobody" in html
    assert "<code>@alice</code>" in html
    post = Post.objects.get(parent=opening)
    assert [mention.person for mention in post.mentions.all()] == [carol]


def test_mentions_at_the_start_are_shown_in_the_line_above(
    as_bob: Client, opening: Post, carol: User
) -> None:
    submit(as_bob, opening, "@alice @carol It does not.")
    html = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert 'also to <a href="/u/carol/"><bdi>carol</bdi></a>' in html
    assert "@alice" not in html


def test_malicious_markup_is_escaped(as_bob: Client, opening: Post) -> None:
    source = (
        "<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n"
        '[x](javascript:alert(1)) <a hx-get="/accounts/logout/" hx-trigger="load">y</a>\n\n'
        '<figure class="quote" data-quote="0"><figcaption></figcaption></figure> {{7*7}} ok'
    )
    submit(as_bob, opening, source)
    assert_safe(Post.objects.get(parent=opening).html)
    page = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_more_replies_than_the_limit_are_rejected(as_bob: Client, opening: Post) -> None:
    responses = [submit(as_bob, opening, f"Reply number {n}") for n in range(11)]
    last = responses[-1]
    assert [response.status_code for response in responses[:-1]] == [302] * 10
    assert last.status_code == 429
    assert int(last["Retry-After"]) > 0
    assert "Reply number 10" in last.content.decode()
    assert Post.objects.filter(parent=opening).count() == 10
    assert RateLimit.objects.exists()


def test_text_is_saved_when_the_csrf_token_is_outdated(bob: User, opening: Post) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_ORIGIN="http://testserver")
    client.force_login(bob)
    response = submit(client, opening)
    assert response.status_code == 403
    assert not Post.objects.filter(parent=opening).exists()
    assert TEXT in client.get(reply_url(opening)).content.decode()


def test_form_of_another_site_does_not_set_a_session_cookie(bob: User, opening: Post) -> None:
    # Browsers do not send "Lax" cookies with such requests, but store cookies of the response.
    client = Client(enforce_csrf_checks=True, HTTP_ORIGIN="https://elsewhere.example")
    response = submit(client, opening)
    assert response.status_code == 403
    assert settings.SESSION_COOKIE_NAME not in response.cookies


def test_invalid_text_does_not_count_towards_the_rate_limit(as_bob: Client, opening: Post) -> None:
    assert {submit(as_bob, opening, " ").status_code for _ in range(11)} == {422}
    assert submit(as_bob, opening).status_code == 302


def test_replies_update_the_counters_of_the_thread(opening: Post, bob: User, alice: User) -> None:
    first = reply_to(opening, author=bob, source="One reply.")
    second = reply_to(first, author=alice, source="And another.")
    thread = Thread.objects.get()
    assert thread.post_count == 3
    assert thread.last_post == second
    assert thread.last_post_at == second.created_at
    assert [first.level, second.level] == [1, 2]
