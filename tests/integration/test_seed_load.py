"""The seed conversation: its content, loading it again, and loading other fixtures."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.markup.rendered_post import render
from forum.models import Board, Mention, Post, Quote, Revision, Thread, User
from forum.models.tree import faults
from forum.moderation.actions.post_hiding import hide_post

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RAW_CONVERSATION = ROOT.parent / "shared/seed/conversation.txt"
# The SHA-256 of the text of each post, as its author wrote it.
HASHES = {
    1: "ae3e5cc80d500d5242f4947cc6c23da550c7e6dc6c3ebf7d271b8d68f686bd75",
    2: "a135e5c6069e8d5e20e0d6095b511d4f4eb9e2b3d043e7c87298cc2be1e88ced",
    3: "f0e2b1c6075e73390d589054330fa1f73dd42022b789faf09be5373c5e6fa8b8",
    4: "414fc6678ad83a3a258a6cfac29e668498b4e45883bab158bd3d9b540c56cb3c",
    5: "bb6125a90ccea9e660f8eb3b42c917c5a32505ee90d5a59af4a349e10a81423b",
}


def load_fixture(*names):
    call_command("loaddata", *(names or ["seed_conversation"]), verbosity=0)


def all_rows():
    """Return all rows that loading could change; times in milliseconds, as in dumps."""

    def rounded(value):
        if isinstance(value, datetime):
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        return value

    return {
        model.__name__: [
            {name: rounded(value) for name, value in row.items()}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in (User, Board, Thread, Post, Revision, Mention, Quote)
    }


@pytest.fixture
def seed(db):
    load_fixture()
    return Thread.objects.get()


# -- Content --------------------------------------------------------------------------------------


def test_texts_are_those_that_the_authors_wrote(seed):
    for post in Post.objects.in_thread(seed):
        assert hashlib.sha256(post.source.encode()).hexdigest() == HASHES[post.pk], post.pk
    fourth = Post.objects.get(pk=4)
    assert fourth.source.startswith("@lina @hopeless\n")
    assert "somethng" in Post.objects.get(pk=2).source


@pytest.mark.skipif(
    not RAW_CONVERSATION.exists(), reason="the raw conversation is not kept in the repository"
)
def test_texts_match_the_raw_conversation(seed):
    raw = RAW_CONVERSATION.read_text()
    sources = [post.source for post in Post.objects.by_number(seed)]
    assert " ".join(sources).split() == raw.split()
    # In the fourth post a quote follows the mentions; here it begins on a separate line.
    assert all(source in raw for source in sources[:3] + sources[4:])


def test_authors_and_parents_of_posts_are_correct(seed):
    posts = Post.objects.in_thread(seed).values_list("pk", "author__username", "parent", "level")
    assert list(posts) == [
        (1, "lina", None, 0),
        (2, "hopeless", 1, 1),
        (3, "lina", 2, 2),
        (4, "lispi314", 3, 3),
        (5, "hopeless", 4, 4),
    ]
    assert (seed.post_count, seed.last_post_id) == (5, 5)
    assert seed.next_number == 7  # five posts and an edit
    assert faults() == []


def test_stored_html_is_the_same_as_rendered_now(seed):
    for post in Post.objects.in_thread(seed):
        rendered = render(post.source)
        assert (post.html, post.excerpt) == (rendered.html, rendered.excerpt(post.parent_author))
        latest = post.latest_revision()
        assert (latest.source, latest.plain) == (post.source, rendered.plain)
    for revision in Revision.objects.all():
        assert revision.plain == render(revision.source).plain


def test_mentions_are_correct(seed):
    mentions = Mention.objects.values_list("post", "person__username", "kind")
    assert sorted(mentions) == [
        (2, "lina", "addressed"),
        (3, "hopeless", "addressed"),
        (4, "hopeless", "addressed"),
        (4, "lina", "addressed"),
        (5, "lina", "addressed"),
        (5, "lispi314", "addressed"),
    ]


def test_quotes_have_their_sources_and_one_has_none(seed):
    assert len(render(Post.objects.get(pk=2).source).quotes) == 1
    quotes = {quote.post_id: quote for quote in Quote.objects.all()}
    assert sorted(quotes) == [3, 4]
    exact, edited = quotes[3], quotes[4]
    assert exact.source_post_id == 2
    assert exact.source_revision == exact.source_post.latest_revision()
    assert edited.source_post_id == 3
    assert edited.source_revision != edited.source_post.latest_revision()
    assert edited.words in edited.source_post.latest_revision().plain
    for quote in quotes.values():
        end = quote.start + quote.length
        assert quote.source_revision.plain[quote.start : end] == quote.words


def test_edit_was_made_after_the_reply_that_quotes_the_post(seed):
    third, fourth = Post.objects.get(pk=3), Post.objects.get(pk=4)
    first, second = third.revisions.all()
    assert first.created_at == third.created_at < fourth.created_at < second.created_at
    assert third.edited_at == second.created_at
    assert (first.number, second.number, Post.objects.get(pk=5).number) == (3, 5, 6)


def test_members_of_the_seed_cannot_log_in(seed, client):
    for person in User.objects.all():
        assert not person.has_usable_password()
        assert not client.login(username=person.username, password="seed")


def test_page_shows_the_conversation(seed, client):
    page = client.get(seed.get_absolute_url()).content.decode()
    assert all(f'id="p{post.pk}"' in page for post in Post.objects.in_thread(seed))
    assert page.count("Not found in this thread") == 1
    assert page.count("Edited since; this text is unchanged") == 1


# -- Loading it again -----------------------------------------------------------------------------


def test_loading_again_changes_nothing(seed):
    before = all_rows()
    load_fixture()
    assert all_rows() == before


def test_loading_again_changes_nothing_after_members_replied_and_edited(seed, alice, carol):
    fifth = Post.objects.get(pk=5)
    reply = reply_to(fifth, author=alice, source="@hopeless True.")
    edit_post(reply, actor=alice, source="@lina True indeed.\n\n> I don't know why")
    hide_post(Post.objects.get(pk=2), actor=carol, reason="off topic")
    Thread.objects.filter(pk=seed.pk).update(title="Another title")
    User.objects.filter(username="lina").update(zone="Europe/Paris")
    before = all_rows()

    load_fixture()

    assert all_rows() == before
    assert faults() == []


def test_ids_of_new_rows_do_not_conflict_with_the_seed(seed, alice, board):
    thread = start_thread(board, author=alice, title="Mine", source="@lina Hello.")
    reply = reply_to(Post.objects.get(pk=5), author=alice, source="> I don't know why\n\nNor I.")
    new_rows = [alice, board, board.category, thread, reply, reply.latest_revision()]
    new_rows += [Mention.objects.get(person__username="lina", post__thread=thread)]
    assert min(row.pk for row in new_rows) >= 1000


def test_members_can_reply_to_the_seed(seed, alice):
    reply = reply_to(Post.objects.get(pk=1), author=alice, source="A late thought.")
    seed.refresh_from_db()
    assert (reply.number, seed.post_count, seed.last_post) == (7, 6, reply)
    assert faults() == []


# -- Other dumps ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_dump_of_a_forum_can_be_loaded_into_an_empty_one(tmp_path, opening, reply, alice, carol):
    load_fixture()
    edit_post(
        reply, actor=reply.author, source="@alice Only in winter.\n\n> Does moss harm the bricks?"
    )
    reply_to(Post.objects.get(pk=3), author=alice, source="Yes.")
    hide_post(reply, actor=carol, reason="off topic")
    before = all_rows()
    dump = tmp_path / "forum.json"
    call_command("dumpdata", "forum", output=str(dump), verbosity=0)

    call_command("flush", interactive=False, verbosity=0)
    assert not Thread.objects.exists()
    load_fixture(str(dump))

    assert all_rows() == before
    assert faults() == []
    new = reply_to(Post.objects.get(pk=opening.pk), author=alice, source="After the move.")
    assert new.pk > max(row["id"] for row in before["Post"])


@pytest.mark.parametrize("name", ["lina", "Lina", "li-na", "hopeless"])
@pytest.mark.django_db(transaction=True)
def test_username_that_exists_stops_the_loading(name):
    person = User.objects.create_user(name, "somebody@example.org")

    with pytest.raises(CommandError, match=r"Nothing loaded\.(?s:.*)forum\.User"):
        load_fixture()

    assert list(User.objects.all()) == [person]
    assert not Board.objects.exists()
    assert not Post.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fixture_with_a_broken_tree_is_not_loaded(tmp_path):
    rows = json.loads((ROOT / "forum/fixtures/seed_conversation.json").read_text())
    for row in rows:
        if row["model"] == "forum.post" and row["pk"] == 4:
            row["fields"]["level"] = 7
    damaged = tmp_path / "broken.json"
    damaged.write_text(json.dumps(rows))

    with pytest.raises(CommandError, match="not inside its parent"):
        load_fixture(str(damaged))

    assert not User.objects.exists()
    assert not Thread.objects.exists()


def test_counters_of_a_fixture_are_computed_again(tmp_path, db):
    rows = json.loads((ROOT / "forum/fixtures/seed_conversation.json").read_text())
    for row in rows:
        if row["model"] == "forum.thread":
            row["fields"] |= {"post_count": 99, "next_number": 1, "last_post": 1}
    damaged = tmp_path / "wrong.json"
    damaged.write_text(json.dumps(rows))
    load_fixture(str(damaged))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert faults() == []
    assert Thread.objects.get().next_number == 7
