"""Access to the pages of the admin by role, as one table."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.admin import admin_site

EVERYONE = [
    "visitor",
    "member",
    "suspended",
    "moderator here",
    "moderator elsewhere",
    "site moderator",
    "administrator",
]
# The expected statuses in the order of EVERYONE; 302 leads to the login, or back to the index.
TABLE = {
    "admin:index": "302 403 403 200 200 200 200",
    "admin:forum_category_changelist": "302 403 403 403 403 403 200",
    "admin:forum_category_add": "302 403 403 403 403 403 200",
    "admin:forum_board_changelist": "302 403 403 403 403 403 200",
    "admin:forum_board_add": "302 403 403 403 403 403 200",
    "admin:forum_board_change": "302 403 403 403 403 403 200",
    "admin:forum_thread_changelist": "302 403 403 200 200 200 200",
    "admin:forum_thread_change": "302 403 403 200 302 200 200",
    "admin:forum_thread_add": "302 403 403 403 403 403 403",
    "admin:forum_thread_delete": "302 403 403 403 403 403 403",
    "admin:forum_post_changelist": "302 403 403 200 200 200 200",
    "admin:forum_post_change": "302 403 403 200 302 200 200",
    "admin:forum_post_add": "302 403 403 403 403 403 403",
    "admin:forum_post_delete": "302 403 403 403 403 403 403",
    "admin:forum_user_changelist": "302 403 403 403 403 200 200",
    "admin:forum_user_change": "302 403 403 403 403 200 200",
    "admin:forum_user_add": "302 403 403 403 403 403 200",
    "admin:forum_user_delete": "302 403 403 403 403 403 403",
    "admin:forum_moderationaction_changelist": "302 403 403 200 200 200 200",
    "admin:forum_moderationaction_add": "302 403 403 403 403 403 403",
}
PAGES_WITH_ID = ("change", "delete")


def address(name, rows):
    model, _, page = name.removeprefix("admin:forum_").partition("_")
    if page in PAGES_WITH_ID:
        return reverse(name, args=[rows[model].pk])
    return reverse(name)


@pytest.mark.slow
def test_each_page_is_open_to_the_expected_roles(everybody, reply, alice):
    rows = {"post": reply, "thread": reply.thread, "user": alice, "board": reply.thread.board}
    for name, statuses in TABLE.items():
        actual = [everybody[person].get(address(name, rows)).status_code for person in EVERYONE]
        expected = map(int, statuses.split())
        assert dict(zip(EVERYONE, actual, strict=True)) == dict(
            zip(EVERYONE, expected, strict=True)
        ), name


def test_visitor_is_sent_to_the_login_of_the_site_and_back(visitor, db):
    response = visitor.get("/admin/forum/post/?q=moss", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "next=/admin/forum/post/%3Fq%3Dmoss" in response.redirect_chain[-1][0]


def test_member_gets_an_error_page_and_no_redirect_loop(as_alice):
    response = as_alice.get("/admin/login/?next=/admin/", follow=True)
    assert response.status_code == 403
    assert as_alice.get("/admin/nonsense/").status_code == 403


def test_moderator_is_redirected_from_the_login_to_the_index(as_carol):
    assert as_carol.get("/admin/login/").url == reverse("admin:index")


def test_admin_has_no_pages_for_logout_and_passwords(as_carol):
    for path in ("logout", "password_change", "password_change/done"):
        assert as_carol.get(f"/admin/{path}/").status_code == 404


def test_admin_has_only_models_that_moderators_need():
    names = {model.__name__ for model in admin_site._registry}
    assert names == {
        *("Case", "Category", "Board", "Thread", "Post", "User", "ModerationAction"),
        *("ReasonTemplate", "PendingPost", "ReviewRule", "Erasure", "Tag", "SiteText"),
    }


def test_admin_has_no_bulk_deletion(as_erin, reply):
    assert "delete_selected" not in dict(admin_site.actions)
    for model in admin_site._registry:
        page = as_erin.get(reverse(f"admin:forum_{model._meta.model_name}_changelist"))
        assert b"delete_selected" not in page.content


def test_board_moderator_sees_threads_posts_and_log_of_their_board_only(
    as_frank, as_grace, as_carol, reply, carol
):
    from forum.moderation.actions.locking import lock_thread
    from forum.moderation.actions.post_hiding import hide_post
    from forum.moderation.actions.suspensions import suspend_person

    hide_post(reply, actor=carol, reason="off the wall")
    lock_thread(reply.thread, actor=carol, reason="settled")
    suspend_person(reply.author, actor=carol, reason="three times warned")
    for model, count, count_of_all in (
        ("thread", 1, 1),
        ("post", 2, 2),
        ("moderationaction", 2, 3),
    ):
        page = reverse(f"admin:forum_{model}_changelist")
        assert as_frank.get(page).context["cl"].result_count == count
        assert as_grace.get(page).context["cl"].result_count == 0
        assert as_carol.get(page).context["cl"].result_count == count_of_all
