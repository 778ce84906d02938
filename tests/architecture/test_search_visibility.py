"""Search finds exactly the posts whose text its reader may read."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from forum.lib.search import parse_search
from forum.models import Post, Revision
from forum.queries.search import PostSearch
from tests.architecture.test_access import PEOPLE
from tests.scene import Scene


@pytest.mark.parametrize("name", ["visitor", *PEOPLE])
def test_reader_finds_what_they_may_read_and_nothing_else(scene: Scene, name: str) -> None:
    reader = scene.people.get(name) or AnonymousUser()
    readable = {post.pk for post in Post.objects.visible_to(reader).readable()}
    current = {
        post_id: Revision.objects.filter(post=post_id).latest("number").own_words
        for post_id in Post.objects.values_list("pk", flat=True)
    }
    for token in scene.tokens.values():
        expected = {pk for pk, words in current.items() if token in words and pk in readable}
        results = PostSearch(parse_search(token), reader).results()
        found = {hit.post.pk for thread in results.threads for hit in thread.posts}
        others = sum(thread.others for thread in results.threads)
        assert (found, others) == (expected, 0), token
