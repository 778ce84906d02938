"""`manage.py render_posts`: posts that older rules rendered."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from forum.actions.posts import edit_post, reply_to
from forum.management.commands import render_posts
from forum.models import Mention, Notification, Post, Quote, Revision, Thread, User
from tests.conftest import person
from tests.html import Page

WORDS = "Only where the bricks stay wet all winter."
SOURCE = f"See https://example.org/__init__.py and **this**.\n\n> {WORDS}\n\nNo."


def run(*options: str) -> str:
    output = StringIO()
    call_command("render_posts", *options, stdout=output)
    return output.getvalue()


@pytest.fixture
def old(reply: Post, alice: User) -> Post:
    """Return a post with an edit, stored as an older version of the forum might have."""
    post = reply_to(reply, author=alice, source=SOURCE)
    edit_post(post, actor=alice, source=f"@bob {SOURCE}")
    post.refresh_from_db()
    Quote.objects.filter(post=post).update(words=f"{WORDS} No.")
    Revision.objects.filter(post=post).update(plain="older", quoted=[])
    Post.objects.filter(pk=post.pk).update(html="<p>older</p>", excerpt="older")
    Mention.objects.filter(post=post).delete()
    return post


def stored(post: Post) -> dict[str, object]:
    """Return everything that is stored of a post."""
    row = Post.objects.filter(pk=post.pk).values().get()
    revisions = list(post.revisions.values())
    mentions = list(post.mentions.values_list("person__username", "name", "kind"))
    quotes = list(post.quotes.values("ordinal", "source_revision", "start", "length", "words"))
    return {"post": row, "revisions": revisions, "mentions": mentions, "quotes": quotes}


def test_everything_rendered_is_stored_as_if_written_today(
    old: Post, reply: Post, alice: User, visitor: Client
) -> None:
    assert "1 changed" in run()
    new = reply_to(reply, author=alice, source=SOURCE)
    edit_post(new, actor=alice, source=f"@bob {SOURCE}")
    of_old, of_new = stored(old), stored(new)
    for name in ("html", "excerpt"):
        assert of_old["post"][name] == of_new["post"][name]
    assert of_old["mentions"] == of_new["mentions"] == [("bob", "bob", "addressed")]
    assert of_old["quotes"] == of_new["quotes"]
    assert len(of_new["quotes"]) == 1
    for was, is_now in zip(of_old["revisions"], of_new["revisions"], strict=True):
        assert [was[name] for name in ("plain", "quoted")] == [
            is_now[name] for name in ("plain", "quoted")
        ]
    text = Page(visitor.get(reply.thread.get_absolute_url())).find(f"#p{old.pk} .text")
    assert text.find_all("a")[0]["href"] == "https://example.org/__init__.py"


def test_nobody_is_notified_and_the_post_is_not_edited(old: Post, bob: User) -> None:
    before, notified = stored(old)["post"], Notification.objects.count()
    thread = Thread.objects.values().get()
    run()
    after = stored(old)["post"]
    assert {name for name in before if before[name] != after[name]} == {"html", "excerpt"}
    assert Notification.objects.count() == notified
    assert Thread.objects.values().get() == thread


def test_run_again_it_changes_nothing(old: Post) -> None:
    run()
    before = stored(old)
    assert "0 changed" in run()
    assert stored(old) == before


def test_it_goes_on_after_the_post_that_it_was_stopped_at(
    old: Post, reply: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_posts, "POSTS_PER_BATCH", 1)
    Post.objects.filter(pk=reply.pk).update(html="<p>older</p>")
    assert run().splitlines()[1] == f"up to post {reply.pk}: 2 rendered, 1 changed"
    Post.objects.update(html="<p>older</p>")
    assert "Done: 1 rendered, 1 changed." in run("--after", str(reply.pk))
    assert Post.objects.get(pk=reply.pk).html == "<p>older</p>"


def test_quotes_of_a_changed_post_lead_to_their_words(reply: Post, alice: User) -> None:
    quoting = reply_to(reply, author=alice, source=f"> {WORDS}\n\nAll winter?")
    Revision.objects.filter(post=reply).update(plain="Older words")
    Quote.objects.filter(post=quoting).update(start=0, length=5)
    run()
    quote = Quote.objects.get(post=quoting)
    plain = Revision.objects.get(pk=quote.source_revision_id).plain
    assert plain[quote.start : quote.start + quote.length] == WORDS


def test_names_that_became_mentions_are_linked(opening: Post, alice: User) -> None:
    post = reply_to(opening, author=alice, source="ねえ@山田さん")
    person("山田")
    run()
    assert Mention.objects.get(post=post).person.username == "山田"
