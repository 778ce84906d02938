"""Search in a thread or a branch: the matches are marked in the tree."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries import thread_pages
from tests.html import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def slates(opening: Post, alice: User, bob: User) -> list[Post]:
    """Return posts about slate and others: slate, reed with slate and slates below, slate."""
    first = reply_to(opening, author=bob, source="Slate *lasts*.")
    reed = reply_to(opening, author=bob, source="Reed does not.")
    below = [reply_to(reed, author=alice, source=f"Slates & slate {n}.") for n in range(2)]
    last = reply_to(opening, author=bob, source="[No slate](https://example.org/slate) here.")
    return [first, *below, last]


def find(client: Client, opening: Post, text: str, **params: str) -> Page:
    return Page(client.get(opening.thread.get_absolute_url(), {"find": text, **params}))


def matches(page: Page) -> dict[str, list[str]]:
    """Return the words of each match line and where its links lead, by the post's id."""
    return {
        post["id"]: [link["href"] for link in post.find_all(".match a")]
        for post in page.find_all("article")
        if post.find_all(".match")
    }


def test_matches_are_marked_and_lead_to_each_other(
    opening: Post, slates: list[Post], visitor: Client
) -> None:
    page = find(visitor, opening, "slate")
    first, second, third, last = (f"p{post.pk}" for post in slates)
    assert "4 posts here match “slate”." in page.find(".matches").text
    assert page.link("Go to the first")["href"] == f"#{first}"
    assert matches(page) == {
        first: [f"#{second}"],
        second: [f"#{first}", f"#{third}"],
        third: [f"#{second}", f"#{last}"],
        last: [f"#{third}"],
    }
    assert "Match 2 of 4" in page.find(f"#{second} .match").text


def test_found_words_are_marked_in_the_text_but_not_in_addresses(
    opening: Post, slates: list[Post], visitor: Client
) -> None:
    page = find(visitor, opening, "slate")
    marked = [mark.text for mark in page.find_all(".text mark")]
    assert marked == ["Slate", "Slates", "slate", "Slates", "slate", "slate"]
    assert page.find(f"#p{slates[-1].pk} .text a")["href"] == "https://example.org/slate"
    assert "Slates & slate 0." in page.find(f"#p{slates[1].pk} .text").text
    assert not find(visitor, opening, "amp").find_all(".text mark")


def test_folds_count_their_matches(opening: Post, slates: list[Post], visitor: Client) -> None:
    page = find(visitor, opening, "slate", fold="all")
    assert [summary.text.rpartition(", ")[2] for summary in page.find_all(".branch summary")] == [
        "2 matches"
    ]


def test_match_on_another_page_is_linked(
    opening: Post, slates: list[Post], visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_pages, "POSTS_PER_PAGE", 2)
    page = find(visitor, opening, "slate")
    target = f"p{slates[1].pk}"
    (links,) = matches(page).values()
    assert links == [f"{opening.thread.get_absolute_url()}?find=slate&at={target}#{target}"]
    more = next(link for link in page.find_all(".more-row a") if link["rel"] == "next")
    assert "find=slate" in more["href"]
    there = Page(visitor.get(links[0]))
    assert target in matches(there)


def test_branch_is_searched_alone(opening: Post, slates: list[Post], visitor: Client) -> None:
    head = slates[1].parent
    assert head
    page = Page(visitor.get(f"/p/{head.pk}/branch/", {"find": "slate"}))
    assert [*matches(page)] == [f"p{post.pk}" for post in slates[1:3]]


def test_form_beside_a_thread_and_a_branch_searches_there(
    opening: Post, slates: list[Post], visitor: Client
) -> None:
    for address in (opening.thread.get_absolute_url(), f"/p/{slates[1].parent_id}/branch/"):
        form = Page(visitor.get(address)).find("aside search form")
        assert form["action"] == address
        assert form.find('[name="find"]')


def test_filters_narrow_the_search_of_a_thread(
    opening: Post, slates: list[Post], visitor: Client
) -> None:
    assert [*matches(find(visitor, opening, "slate author:alice"))] == [
        f"p{post.pk}" for post in slates[1:3]
    ]


def test_nothing_found_is_said(opening: Post, visitor: Client) -> None:
    page = find(visitor, opening, "granite <b>")
    assert "No posts here match “granite <b>”." in page.find(".matches").text
    assert "No posts here match “!”." in find(visitor, opening, "!").find(".matches").text
    assert not matches(page)


def test_hidden_and_deleted_posts_are_not_counted(
    opening: Post, slates: list[Post], visitor: Client, carol: User, bob: User
) -> None:
    hide_post(slates[0], actor=carol, reason="off topic")
    delete_post(slates[-1], actor=bob)
    page = find(visitor, opening, "slate")
    assert "2 posts here match" in page.find(".matches").text
    assert [*matches(page)] == [f"p{post.pk}" for post in slates[1:3]]
