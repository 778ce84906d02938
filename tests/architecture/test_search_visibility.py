"""Search finds exactly the posts whose text its reader may read, through every exit."""

from __future__ import annotations

import pytest

from forum.lib.search import parse_search
from forum.models import Post, Revision, Thread
from forum.models.visibility import Reader
from forum.queries.search import PostSearch
from tests.architecture.test_access import PEOPLE
from tests.html import Page
from tests.scene import Scene

pytestmark = pytest.mark.slow
each_reader = pytest.mark.parametrize("name", PEOPLE)


def words_of_posts(reader: Reader) -> dict[int, set[str]]:
    """Return the words of the current text of each post that may be read by `reader`."""
    readable = {post.pk for post in Post.objects.visible_to(reader).readable()}
    revisions = Revision.objects.filter(post__in=readable).order_by("number")
    return {revision.post_id: set(revision.own_words.split()) for revision in revisions}


def posts_with(token: str, words: dict[int, set[str]]) -> set[int]:
    return {post_id for post_id, found in words.items() if token in found}


@each_reader
def test_reader_finds_what_they_may_read_and_nothing_else(scene: Scene, name: str) -> None:
    reader = scene.reader(name)
    words = words_of_posts(reader)
    for token in scene.tokens.values():
        results = PostSearch(parse_search(token), reader).results()
        found = {hit.post.pk for thread in results.threads for hit in thread.posts}
        others = sum(thread.others for thread in results.threads)
        assert (found, others) == (posts_with(token, words), 0), token


@each_reader
def test_search_in_a_thread_marks_and_counts_what_its_reader_may_read(
    scene: Scene, name: str
) -> None:
    reader = scene.reader(name)
    words = words_of_posts(reader)
    posts = {
        thread: {*thread.posts.values_list("pk", flat=True)} for thread in scene.threads.values()
    }
    for token in scene.tokens.values():
        expected = posts_with(token, words)
        for thread in scene.threads.values():
            query = parse_search(f"{token} in:{thread.pk}")
            found, has_more = PostSearch(query, reader).in_tree_order()
            assert {*found} == expected & posts[thread], token
            assert not has_more


@each_reader
def test_pages_of_results_show_no_other_words(scene: Scene, name: str) -> None:
    client, words = scene.client(name), words_of_posts(scene.reader(name))
    for token in scene.tokens.values():
        page = Page(client.get("/search/", {"q": f"{token} after:2000-01-01"}))
        shown = sum(token in hit.text.split() for hit in page.find_all(".hit"))
        assert shown == len(posts_with(token, words)), token


@each_reader
def test_suggested_titles_and_lists_of_tags_are_those_of_listed_threads(
    scene: Scene, name: str
) -> None:
    reader, client = scene.reader(name), scene.client(name)
    listed = {thread.get_absolute_url() for thread in Thread.objects.listed_for(reader)}
    threads = {thread.get_absolute_url() for thread in Thread.objects.all()}
    searches = [{"q": f"{thread.title}x nowhere"} for thread in scene.threads.values()]
    requests = [(f"/tags/{scene.tag.slug}/", {}), *(("/search/", search) for search in searches)]
    for address, query in requests:
        page = Page(client.get(address, query))
        assert threads & {*page.addresses} <= listed, (address, query)
