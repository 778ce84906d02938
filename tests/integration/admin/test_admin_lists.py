"""Lists of the admin: searching and filtering threads, posts, members and the log."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Category, Post, Role, User
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import lift_suspension, suspend_person

pytestmark = pytest.mark.slow

PAGES = [
    "category",
    "board",
    "thread",
    "post",
    "user",
    "moderationaction",
    "reasontemplate",
    "erasure",
]


def list_rows(client, model, **query):
    response = client.get(reverse(f"admin:forum_{model}_changelist"), query)
    assert response.status_code == 200, response.headers
    return list(response.context["cl"].result_list)


def test_number_of_queries_of_a_list_does_not_grow_with_its_rows(
    as_erin, board, alice, carol, django_assert_max_num_queries
):
    def create_rows(number):
        Category.objects.create(name=f"Shelf {number}")
        thread = start_thread(board, author=alice, title=f"Moss {number}", source="Moss?")
        reply = reply_to(thread.last_post, author=alice, source="Moss.")
        hide_post(reply, actor=carol, reason="moss")
        pin_thread(thread, actor=carol, reason="moss")
        person = User.objects.create_user(f"walter{number}")
        Role.objects.create(person=person, board=board, kind=Role.Kind.MODERATOR)
        suspend_person(User.objects.create_user(f"eve{number}"), actor=carol, reason="moss")

    def count_queries(model):
        with django_assert_max_num_queries(12) as captured:
            list_rows(as_erin, model)
        return len(captured)

    create_rows(1)
    first_counts = {model: count_queries(model) for model in PAGES}
    for number in range(2, 9):
        create_rows(number)
    assert {model: count_queries(model) for model in PAGES} == first_counts


def test_threads_are_found_by_title_number_and_author(as_carol, thread, board, bob):
    other = start_thread(board, author=bob, title="Ivy", source="Ivy?")
    assert list_rows(as_carol, "thread", q="north WALL") == [thread]
    assert list_rows(as_carol, "thread", q=str(other.pk)) == [other]
    assert list_rows(as_carol, "thread", q="@alice") == [thread]
    assert list_rows(as_carol, "thread", q="9" * 30) == []
    assert list_rows(as_carol, "thread", q="100%") == []


def test_threads_are_filtered_by_board_and_state(as_carol, thread, board, other_board, bob, carol):
    other = start_thread(other_board, author=bob, title="Slate", source="Slate?")
    pin_thread(other, actor=carol, reason="of use")
    assert list_rows(as_carol, "thread", board=board.pk) == [thread]
    assert list_rows(as_carol, "thread", pinned_at__isempty="0") == [other]
    assert list_rows(as_carol, "thread", locked_at__isempty="1") == [other, thread]
    assert list_rows(as_carol, "thread", deleted_at__isempty="0") == []


def test_posts_are_found_by_words_number_and_author(as_carol, opening, reply):
    assert list_rows(as_carol, "post", q="stay WET") == [reply]
    assert list_rows(as_carol, "post", q=str(opening.pk)) == [opening]
    assert list_rows(as_carol, "post", q="@bob") == [reply]
    assert list_rows(as_carol, "post", q="@nobody") == []


def test_posts_are_filtered_by_state(as_carol, opening, reply, alice, bob, carol):
    deleted, edited = (reply_to(reply, author=alice, source=f"Moss {n}.") for n in range(2))
    delete_post(deleted, actor=alice)
    Post.objects.filter(pk=edited.pk).update(edited_at=timezone.now())
    hide_post(reply, actor=carol, reason="off the wall")
    assert list_rows(as_carol, "post", hidden_at__isempty="0") == [reply]
    assert list_rows(as_carol, "post", deleted_at__isempty="0") == [deleted]
    assert list_rows(as_carol, "post", edited_at__isempty="0") == [edited]
    assert list_rows(as_carol, "post", board=opening.thread.board_id, hidden_at__isempty="1") == [
        edited,
        deleted,
        opening,
    ]


def test_text_of_deleted_posts_is_not_in_the_admin(as_erin, reply, bob):
    delete_post(reply, actor=bob)
    pages = (
        reverse("admin:forum_post_changelist"),
        reverse("admin:forum_post_change", args=[reply.pk]),
        f"/moderate/post/hide/?id={reply.pk}",
    )
    for page in pages:
        assert b"stay wet" not in as_erin.get(page).content
    assert list_rows(as_erin, "post", q="stay wet") == []


def test_post_is_shown_and_cannot_be_edited(as_erin, reply):
    page = reverse("admin:forum_post_change", args=[reply.pk])
    content = as_erin.get(page).content.decode()
    assert "stay wet" in content
    assert f'href="/p/{reply.pk}/"' in content
    assert 'name="source"' not in content
    assert 'name="parent"' not in content
    assert as_erin.post(page, {"source": "Mine now."}).status_code == 403
    assert Post.objects.get(pk=reply.pk).source == reply.source


def test_members_are_found_and_filtered(as_carol, alice, bob, carol):
    suspend_person(bob, actor=carol, reason="spam")
    assert list_rows(as_carol, "user", q="ali") == [alice]
    assert list_rows(as_carol, "user", q="bob@example") == [bob]
    assert list_rows(as_carol, "user", suspended="1") == [bob]
    assert list_rows(as_carol, "user", role_assignments__kind__exact="moderator") == [carol]
    lift_suspension(bob, actor=carol, reason="paid")
    assert list_rows(as_carol, "user", suspended="1") == []


def test_log_shows_action_target_and_reason(as_carol, reply, carol):
    entry = hide_post(reply, actor=carol, reason="off the wall", note="second time")
    page = as_carol.get(
        reverse("admin:forum_moderationaction_changelist"), {"act__exact": entry.act}
    )
    assert "off the wall" in page.content.decode()
    page = as_carol.get(reverse("admin:forum_moderationaction_change", args=[entry.pk]))
    assert "second time" in page.content.decode()
    assert f'href="/p/{reply.pk}/"' in page.content.decode()
    post_page = as_carol.get(reverse("admin:forum_post_change", args=[reply.pk])).content.decode()
    assert "off the wall" in post_page


INVALID_QUERIES = (
    ["q=%00", "q=" + "9" * 400, "p=99999999", "p=x", "o=99.-99", "nonsense=1", "board=x",
     "board=99999999999999999999", "hidden_at__isempty=7", "created_at__gte=yesterday",
     "actor__id__exact=99999999999999999999", "thread__board__name=x", "e=1", "all=",
     "author__password__startswith=p"]
)  # fmt: skip


@pytest.mark.parametrize("model", PAGES)
def test_invalid_queries_cause_no_server_error(as_erin, reply, model):
    for query in INVALID_QUERIES:
        response = as_erin.get(f"{reverse(f'admin:forum_{model}_changelist')}?{query}")
        assert response.status_code in (200, 400), query


def test_last_administrator_cannot_be_demoted(as_erin, erin, alice):
    role = erin.role_assignments.get()
    page = reverse("admin:forum_user_change", args=[erin.pk])
    form = {
        "role_assignments-TOTAL_FORMS": "1",
        "role_assignments-INITIAL_FORMS": "1",
        "role_assignments-0-id": str(role.pk),
        "role_assignments-0-person": str(erin.pk),
        "role_assignments-0-kind": "administrator",
        "role_assignments-0-board": "",
        "role_assignments-0-DELETE": "on",
    }
    assert "at least one administrator" in as_erin.post(page, form).content.decode()
    assert erin.role_assignments.exists()
    Role.objects.create(person=alice, kind=Role.Kind.ADMINISTRATOR)
    assert as_erin.post(page, form).status_code == 302
    assert not erin.role_assignments.exists()


def test_only_administrators_assign_roles(as_erin, as_carol, bob, board):
    page = reverse("admin:forum_user_change", args=[bob.pk])
    form = {
        "role_assignments-TOTAL_FORMS": "1",
        "role_assignments-INITIAL_FORMS": "0",
        "role_assignments-0-person": str(bob.pk),
        "role_assignments-0-kind": "moderator",
        "role_assignments-0-board": str(board.pk),
        "username": "root",
    }
    assert as_carol.post(page, form).status_code == 403
    assert as_erin.post(page, form).status_code == 302
    bob.refresh_from_db()
    assert (bob.username, [role.board for role in bob.role_assignments.all()]) == ("bob", [board])


def test_administrators_create_boards(as_erin, board):
    form = {
        "category": str(board.category_id),
        "name": "Ponds",
        "slug": "ponds",
        "description": "",
        "position": "2",
        "closed_at_0": "",
        "closed_at_1": "",
    }
    assert as_erin.post(reverse("admin:forum_board_add"), form).status_code == 302
    assert board.category.boards.filter(slug="ponds").exists()


def test_search_finds_the_edited_text(as_carol, reply, bob):
    edit_post(reply, actor=bob, source="It is the frost.")
    assert list_rows(as_carol, "post", q="frost") == [reply]
    assert list_rows(as_carol, "post", q="stay wet") == []
