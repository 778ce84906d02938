"""The response to a reply posted in a page: the reply as the page shows it."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.prepared_queries import PreparedQuery
from forum.models import Post, Thread
from forum.models.visibility import Reader
from forum.presenters.branches import summarise_replies
from forum.presenters.threads import ThreadPage
from forum.queries.siblings import count_older_siblings, post_before
from forum.queries.sort_orders import SortOrder
from forum.queries.thread_pages import MAX_POSTS_COUNTED, PostRow, PostWindow, fetch_rows
from forum.queries.threads import for_thread_page


def posted(post: Post, reader: Reader, order: SortOrder) -> dict[str, object]:
    """Return the context of the reply that replaces the composer.

    The rest of the page is updated by `static/js/page_updates.js`, which also moves the reply to
    its place.
    """
    page = _page_with(post, reader)
    row = page.rows[-1]
    older = count_older_siblings(post)
    later = _later(row, older, order)
    is_alone = row.level == 2 and not older and order != "time"
    return {
        "thread": page.thread,
        "reply": mark_safe(  # noqa: S308 (filled by a compiled template)
            page.post(row, above=post.parent_id, is_focused=True)
        ),
        # As on the page, replies to the head of a branch can be folded.
        "summary": summarise_replies([row]) if is_alone else "",
        "later": later,
        "parent_id": post.parent_id,
        "after": post_before(post) if later else "",
    }


def edited(post: Post, reader: Reader) -> SafeString:
    """Return a reply as its page shows it, to replace the composer that edited it."""
    page = _page_with(post, reader)
    html = page.post(page.rows[-1], above=post.parent_id, is_focused=True)
    return mark_safe(html)  # noqa: S308 (filled by a compiled template)


def _page_with(post: Post, reader: Reader) -> ThreadPage:
    """Return the page of a thread with this reply alone."""
    thread = THREAD_OF_POST.first(post.thread_id)
    opening = OPENING_POST.first(post.thread_id)
    assert thread
    assert opening
    rows = fetch_rows({opening.pk, post.pk}, reader, parents={post.parent_id})
    window = PostWindow(rows, frozenset({post.pk}))
    return ThreadPage(thread, reader, window, also_in_page={post.parent_id or 0})


THREAD_OF_POST = PreparedQuery(lambda pk: for_thread_page(Thread.objects.filter(pk=pk)))
OPENING_POST = PreparedQuery(lambda thread: Post.objects.opening_of(thread).only("pk"))


def _later(row: PostRow, older: int, order: SortOrder) -> str:
    """Return a note on where the reply will be after a reload, if that is somewhere else."""
    if order == "time":
        return _("Posted. After you reload, it appears last.")
    if not older or (row.level == 1 and order != "tree"):
        return ""
    words = ngettext(
        "Posted. After you reload, it appears after %(count)s older reply.",
        "Posted. After you reload, it appears after %(count)s older replies.",
        older,
    )
    return words % {
        "count": f"{older:,}" if older < MAX_POSTS_COUNTED else f"{MAX_POSTS_COUNTED:,}+"
    }
