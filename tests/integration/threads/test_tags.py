"""Tags: made by moderators, chosen by authors and moderators, each with a list."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.tags import tag_thread
from forum.actions.threads import start_thread
from forum.errors import Invalid, NotAllowed
from forum.lib.search import parse_search
from forum.models import Board, ModerationAction, Post, Tag, User
from forum.models.tags import ThreadTag, tag_ids
from forum.moderation.actions.listing import unlist_thread
from forum.moderation.actions.tags import change_tags
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.configuration import set_up, take_down
from forum.moderation.undo import undo
from forum.queries.search import PostSearch
from tests.html import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def tags(carol: User) -> list[Tag]:
    """Make six tags by a moderator of the site."""
    made = [Tag(name=name, slug=name) for name in ("brick", "moss", "lime", "roof", "wet", "old")]
    for tag in made:
        set_up(tag, actor=carol)
    return made


def choose(client: Client, opening: Post, *tags: Tag) -> int:
    address = f"/t/{opening.thread_id}/tags/"
    return client.post(address, {"tags": [tag.pk for tag in tags]}).status_code


def shown_tags(client: Client, opening: Post) -> dict[str, str]:
    page = Page(client.get(opening.thread.get_absolute_url()))
    return {link.text: link["href"] for link in page.find_all(".tags a")}


def listed(client: Client, slug: str) -> list[str]:
    page = Page(client.get(f"/tags/{slug}/"))
    return [heading.text for heading in page.find_all(".list h2")]


def test_author_chooses_tags_and_the_thread_is_in_their_lists(
    opening: Post, tags: list[Tag], as_alice: Client, visitor: Client
) -> None:
    brick, moss, *_others = tags
    page = Page(as_alice.get(opening.thread.get_absolute_url()))
    assert page.link("Edit tags")["href"] == f"/t/{opening.thread_id}/tags/"
    assert choose(as_alice, opening, moss, brick) == 302
    assert shown_tags(visitor, opening) == {"brick": "/tags/brick/", "moss": "/tags/moss/"}
    assert listed(visitor, "moss") == [opening.thread.title]
    assert choose(as_alice, opening, brick) == 302
    assert listed(visitor, "moss") == []
    assert "brick" in Page(visitor.get("/tags/")).links


def test_thread_has_at_most_five_tags(
    opening: Post, tags: list[Tag], alice: User, carol: User, as_alice: Client
) -> None:
    assert choose(as_alice, opening, *tags) == 422
    with pytest.raises(Invalid):
        change_tags(opening.thread, actor=carol, reason="all", tags=tags)
    assert tag_ids(opening.thread) == []
    tag_thread(opening.thread, [tag.pk for tag in tags[:5]], actor=alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        ThreadTag.objects.create(thread=opening.thread, tag=tags[5], position=6)


def test_what_was_chosen_is_kept_when_it_is_too_much(
    opening: Post, tags: list[Tag], as_alice: Client
) -> None:
    ids = [str(tag.pk) for tag in tags]
    response = as_alice.post(f"/t/{opening.thread_id}/tags/", {"tags": ids})
    page = Page(response)
    assert "at most 5 tags" in page.find("#tags-why").text
    assert len(page.find_all("input[checked]")) == 6


@pytest.mark.parametrize("value", ["0", "x", "99999999999999999999", "\x00"])
def test_forged_tags_are_refused(
    opening: Post, tags: list[Tag], as_alice: Client, value: str
) -> None:
    response = as_alice.post(f"/t/{opening.thread_id}/tags/", {"tags": [value]})
    assert response.status_code == 422


def test_others_cannot_choose_tags(
    opening: Post, tags: list[Tag], bob: User, as_bob: Client
) -> None:
    with pytest.raises(NotAllowed):
        tag_thread(opening.thread, [tags[0].pk], actor=bob)
    assert choose(as_bob, opening, tags[0]) == 403


def test_moderators_change_tags_with_an_entry_in_the_log_that_can_be_undone(
    opening: Post, tags: list[Tag], alice: User, carol: User
) -> None:
    tag_thread(opening.thread, [tags[0].pk], actor=alice)
    action = change_tags(opening.thread, actor=carol, reason="about moss", tags=[tags[1]])
    assert tag_ids(opening.thread) == [tags[1].pk]
    undo(action, actor=carol, reason="a mistake")
    assert tag_ids(opening.thread) == [tags[0].pk]


# -- Making tags ----------------------------------------------------------------------------------


def test_moderator_makes_a_tag_in_the_admin(as_carol: Client, as_alice: Client) -> None:
    assert as_alice.get("/admin/forum/tag/add/").status_code in (302, 403)
    data = {"name": "Roofs", "slug": "roofs", "synonym_of": "", "why": ""}
    assert as_carol.post("/admin/forum/tag/add/", data).status_code == 302
    assert Tag.objects.get().slug == "roofs"
    assert ModerationAction.objects.get().act == "configure"


def test_members_make_no_tags(alice: User) -> None:
    with pytest.raises(NotAllowed):
        set_up(Tag(name="moss", slug="moss"), actor=alice)


def test_merged_tag_leads_to_the_other_until_undone(
    opening: Post, tags: list[Tag], alice: User, carol: User, visitor: Client
) -> None:
    brick, moss, *_others = tags
    tag_thread(opening.thread, [moss.pk, brick.pk], actor=alice)
    moss.synonym_of = brick
    action = set_up(moss, actor=carol)
    assert action
    response = visitor.get("/tags/moss/")
    assert (response.status_code, response["Location"]) == (301, "/tags/brick/")
    assert listed(visitor, "brick") == [opening.thread.title]
    assert shown_tags(visitor, opening) == {"brick": "/tags/brick/"}
    assert "moss" not in Page(visitor.get("/tags/")).links
    undo(action, actor=carol, reason="not the same")
    assert shown_tags(visitor, opening) == {"brick": "/tags/brick/", "moss": "/tags/moss/"}
    assert listed(visitor, "moss") == [opening.thread.title]


def test_synonyms_have_no_synonyms(tags: list[Tag], carol: User) -> None:
    brick, moss, lime, *_others = tags
    moss.synonym_of = brick
    set_up(moss, actor=carol)
    lime.synonym_of = moss
    brick.synonym_of = lime
    for tag in (lime, brick):
        with pytest.raises(Invalid):
            set_up(tag, actor=carol)


def test_deleted_tag_comes_back_by_undo(tags: list[Tag], carol: User) -> None:
    action = take_down(tags[0], actor=carol)
    assert action
    assert not Tag.objects.filter(slug="brick").exists()
    undo(action, actor=carol, reason="needed")
    assert Tag.objects.filter(slug="brick").exists()


# -- Lists and search -----------------------------------------------------------------------------


def test_lists_of_tags_show_only_what_their_reader_may_see(
    board: Board, opening: Post, tags: list[Tag], alice: User, carol: User, visitor: Client
) -> None:
    unlisted = start_thread(board, author=alice, title="Unlisted", source="Quiet.")
    removed = start_thread(board, author=alice, title="Removed", source="Loud.")
    for thread in (opening.thread, unlisted, removed):
        tag_thread(thread, [tags[1].pk], actor=alice)
    unlist_thread(unlisted, actor=carol, reason="old")
    remove_thread(removed, actor=carol, reason="off topic")
    assert listed(visitor, "moss") == [opening.thread.title]


def test_list_of_a_tag_has_pages(
    board: Board, tags: list[Tag], alice: User, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.queries.thread_lists.THREADS_PER_PAGE", 2)
    for number in range(3):
        thread = start_thread(board, author=alice, title=f"T{number}", source="On moss.")
        tag_thread(thread, [tags[1].pk], actor=alice)
    page = Page(visitor.get("/tags/moss/"))
    assert [each.text for each in page.find_all(".list h2")] == ["T2", "T1"]
    page = Page(visitor.get(page.link("Older threads")["href"]))
    assert [each.text for each in page.find_all(".list h2")] == ["T0"]


def test_search_finds_tags_and_posts_by_tag(
    opening: Post, reply: Post, tags: list[Tag], alice: User, carol: User, visitor: Client
) -> None:
    brick, moss, *_others = tags
    tag_thread(opening.thread, [moss.pk], actor=alice)
    moss.synonym_of = brick
    set_up(moss, actor=carol)
    for slug in ("moss", "brick"):
        found = PostSearch(parse_search(f"winter tag:{slug}"), alice).results()
        assert [each.thread for each in found.threads] == [opening.thread]
    assert PostSearch(parse_search("winter tag:lime"), alice).results().threads == []
    page = Page(visitor.get("/search/", {"q": "moss"}))
    assert page.link("Tag brick")["href"] == "/tags/brick/"
    note = Page(visitor.get("/search/", {"q": "moss tag:nothing"})).find(".note")
    assert "No tag has the address “nothing”." in note.text


def test_list_of_a_tag_has_the_tabs_of_other_lists(
    board: Board, tags: list[Tag], alice: User, bob: User, as_bob: Client, visitor: Client
) -> None:
    _brick, moss, *_others = tags
    for title, author in (("Asked", alice), ("Mine", bob), ("Answered", alice)):
        start_thread(board, author=author, title=title, source="Words.", tag_ids=[moss.pk])
    start_thread(board, author=alice, title="Other", source="Words.")
    reply_to(Post.objects.get(thread__title="Answered"), author=alice, source="And more.")
    page = Page(as_bob.get("/tags/moss/"))
    tabs = {link.text: link["href"] for link in page.find_all("nav.tabs a")}
    assert list(tabs) == ["Active", "New", "Unread", "Unanswered", "Mine"]
    found = {
        label: [heading.text for heading in Page(as_bob.get(address)).find_all(".list h2")]
        for label, address in tabs.items()
    }
    assert found == {
        "Active": ["Answered", "Mine", "Asked"],
        "New": ["Answered", "Mine", "Asked"],
        "Unread": ["Answered", "Asked"],
        "Unanswered": ["Mine", "Asked"],
        "Mine": ["Mine"],
    }
    assert "Mark all read" not in page, "only boards are marked"
    response = visitor.get(tabs["Mine"])
    assert response["Location"] == "/accounts/login/?next=/tags/moss/mine/"
    assert visitor.get("/tags/moss/oldest/").status_code == 404
    assert visitor.get("/tags/nothing/newest/").status_code == 404


def test_lists_lead_to_all_tags_where_there_are_any(
    opening: Post, carol: User, visitor: Client
) -> None:
    assert "All tags" not in Page(visitor.get("/")).links
    set_up(Tag(name="moss", slug="moss"), actor=carol)
    assert Page(visitor.get("/")).link("All tags")["href"] == "/tags/"


def test_tab_of_a_synonym_leads_to_that_of_its_tag(
    tags: list[Tag], carol: User, visitor: Client
) -> None:
    brick, moss, *_others = tags
    moss.synonym_of = brick
    set_up(moss, actor=carol)
    assert visitor.get("/tags/moss/newest/")["Location"] == "/tags/brick/newest/"
