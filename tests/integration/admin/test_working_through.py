"""Working through the queue: offers, the way back, the next case, notes, and what is announced."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.posts import reply_to
from forum.actions.reports import report_post
from forum.jobs.housekeeping import sweep
from forum.models import (
    Appeal,
    Board,
    Case,
    Erasure,
    ModerationAction,
    ModerationNotification,
    Post,
    Role,
    User,
)
from forum.models.roles import moderators_except
from forum.moderation.actions.case_notes import note_case
from forum.moderation.actions.erasure_requests import ask_to_anonymise, ask_to_erase
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.appeals import appeal_against
from forum.moderation.erasure.requests import ask_for_own
from forum.permissions import can_answer_appeal, can_confirm_erasure
from forum.presenters.review import BRANCH, REPORTS_SHOWN
from tests.html import Page, press
from tests.moderation_actions import create_pending_post

QUEUE = reverse("admin:index")


def case_of(post: Post) -> Case:
    return Case.objects.get(post=post)


def case_page(post: Post, filters: str = "") -> str:
    page = reverse("admin:forum_case_change", args=[case_of(post).pk])
    return f"{page}?filters={filters}" if filters else page


@pytest.fixture
def replies(opening: Post, bob: User, erin: User) -> list[Post]:
    """Three replies of bob's, reported as attack, spam and attack, in the order of the queue."""
    posts = [reply_to(opening, author=bob, source=f"Said as {n}.") for n in range(3)]
    for post, reason in zip(posts, ("attack", "spam", "attack"), strict=True):
        report_post(post, actor=erin, reason=reason)
    return posts


# -- What is offered ------------------------------------------------------------------------------


def admin_links(page: Page) -> set[str]:
    return {
        address
        for address in page.addresses
        if address.startswith(("/p/", "/t/", "/u/", "/pending/")) and "next=" in address
    }


@pytest.mark.slow
def test_no_decision_offered_in_the_queue_or_a_case_is_refused(
    as_frank: Client, as_carol: Client, as_erin: Client, carol: User, opening, reply, alice, bob
):
    """Among them posts of the moderators themselves, of a higher rank, and a pending one."""
    frank = User.objects.get(username="frank")
    own = [
        reply_to(opening, author=author, source="By a moderator.")
        for author in (frank, carol, User.objects.get(username="erin"))
    ]
    for post in (reply, *own):
        report_post(post, actor=alice, reason="spam")
    create_pending_post(opening, bob)
    for client in (as_frank, as_carol, as_erin):
        links = admin_links(Page(client.get(QUEUE)))
        assert links
        for case in Case.objects.open():
            page = reverse("admin:forum_case_change", args=[case.pk])
            links |= admin_links(Page(client.get(page)))
        # The same page from the queue and from a case differs only in where it leads back to.
        for link in {link.partition("?")[0]: link for link in links}.values():
            assert client.get(link).status_code == 200, link


def test_own_post_has_no_decision_in_the_queue(as_carol: Client, carol, opening, alice):
    report_post(reply_to(opening, author=carol, source="Mine."), actor=alice, reason="spam")
    assert not admin_links(Page(as_carol.get(QUEUE)))


def test_bulk_action_that_is_refused_for_all_stays_in_the_list_and_says_why(
    as_carol: Client, carol, opening, alice
):
    post = reply_to(opening, author=carol, source="Mine.")
    report_post(post, actor=alice, reason="spam")
    answer = press(
        as_carol, QUEUE, "Go", action="hide", _selected_action=[case_of(post).pk], follow=True
    )
    assert answer.redirect_chain[-1][0].endswith(QUEUE)
    assert "You can’t moderate yourself." in Page(answer)


def test_moderator_of_a_board_is_offered_that_board_and_not_the_whole_site(
    as_frank: Client, as_carol: Client, board: Board, other_board: Board, bob: User, reply: Post
):
    def boards(client: Client, page: str) -> list[str]:
        (options,) = (
            form.options["board"]
            for form in Page(client.get(page)).forms
            if "board" in form.options
        )
        return options

    here, there = str(board.pk), str(other_board.pk)
    for slug in ("warn", "silence", "suspend"):
        page = reverse(f"person-{slug}", args=[bob.username])
        assert boards(as_frank, page) == [here], slug
        assert set(boards(as_carol, page)) == {"", here, there}, slug
        answer = as_frank.post(page, {"reason": "Rude", "board": there})
        assert answer.status_code == 422, slug
    assert boards(as_frank, reverse("post-split", args=[reply.pk])) == ["", here]


# -- The way back and on --------------------------------------------------------------------------


def test_from_a_filtered_queue_an_action_leads_back_to_it(as_carol: Client, replies):
    listed = f"{QUEUE}?reason=attack&replies=no"
    page = Page(as_carol.get(listed))
    answer = as_carol.post(page.find("#result_list").link("Hide")["href"], {"reason": "Rude"})
    assert answer["Location"] == listed
    from_case = Page(as_carol.get(case_page(replies[2], "reason%3Dattack")))
    answer = as_carol.post(from_case.link("Dismiss reports d")["href"], {"reason": "Fine"})
    assert answer["Location"] == f"{QUEUE}?reason=attack"


def test_hide_and_go_to_next_case_claims_the_next_of_the_filtered_queue(
    as_carol: Client, carol, replies
):
    hide = Page(as_carol.get(case_page(replies[0], "reason%3Dattack"))).link("Hide a")["href"]
    answer = press(as_carol, hide, "Hide and go to next case", reason="Rude", follow=True)
    assert Post.objects.get(pk=replies[0].pk).is_hidden
    assert answer.redirect_chain[-1][0] == case_page(replies[2], "reason%3Dattack")
    assert case_of(replies[2]).worked_on_by == carol
    assert "Post hidden. Undo" in Page(answer)
    hide = Page(answer).link("Hide a")["href"]
    answer = press(as_carol, hide, "Hide and go to next case", reason="Rude", follow=True)
    assert answer.redirect_chain[-1][0] == f"{QUEUE}?reason=attack"
    assert "There are no more cases." in Page(answer)


def test_form_with_errors_keeps_both_buttons(as_carol: Client, replies):
    hide = Page(as_carol.get(case_page(replies[0]))).link("Hide a")["href"]
    answer = press(as_carol, hide, "Hide and go to next case", reason="")
    assert answer.status_code == 422
    assert {"Hide", "Hide and go to next case"} <= set(Page(answer).buttons)


def test_only_a_case_leads_on_and_only_to_the_step_of_a_case(as_carol: Client, replies):
    page = reverse("post-hide", args=[replies[0].pk])
    assert "Hide and go to next case" not in Page(as_carol.get(page)).buttons
    form = {"reason": "Rude", "do": "next"}
    odd = f"{page}?case=1/../../x&next=https://elsewhere.example/"
    assert as_carol.post(odd, form)["Location"] == replies[0].get_absolute_url()


def test_undo_leads_back_to_the_queue(as_carol: Client, replies):
    listed = f"{QUEUE}?reason=attack"
    hide = Page(as_carol.get(listed)).find("#result_list").link("Hide")["href"]
    undo = Page(as_carol.post(hide, {"reason": "Rude"}, follow=True)).link("Undo")["href"]
    assert as_carol.post(undo, {"reason": "Too fast"})["Location"] == listed
    assert not Post.objects.get(pk=replies[0].pk).is_hidden


# -- Cases that belong together -------------------------------------------------------------------


def test_case_leads_to_the_other_cases_of_its_branch_thread_and_author(
    as_carol: Client, replies, alice, bob, erin
):
    below = reply_to(replies[0], author=alice, source="You started it.")
    report_post(below, actor=erin, reason="attack")
    page = Page(as_carol.get(case_page(below)))

    def leads_to(words: str) -> list[Post]:
        listed = as_carol.get(page.link(words)["href"]).context["cl"].result_list
        return [case.post for case in listed]

    assert leads_to("1 in this branch") == [replies[0], below]
    assert leads_to("3 in this thread") == [*replies, below]
    of_bob = Page(as_carol.get(case_page(replies[1])))
    assert of_bob.link("2 by this author")["href"] == f"{QUEUE}?q=%40bob"


@pytest.mark.parametrize("head", ["0", "x", "9" * 30, "%00"])
def test_branch_of_no_post_is_refused_as_a_filter(as_carol: Client, replies, head):
    assert as_carol.get(f"{QUEUE}?branch={head}").status_code == 400


def test_branch_in_a_board_of_others_is_no_filter(as_grace: Client, opening, replies):
    assert as_grace.get(QUEUE, {"branch": opening.pk}).status_code == 400


def test_post_in_the_admin_and_in_its_thread_leads_to_its_case(as_carol: Client, replies):
    post = replies[0]
    in_admin = Page(as_carol.get(reverse("admin:forum_post_change", args=[post.pk])))
    assert in_admin.link("Open case")["href"] == case_page(post)
    in_thread = Page(as_carol.get(post.thread.get_absolute_url()))
    listed = as_carol.get(f"{QUEUE}?q={post.pk}").context["cl"].result_list
    assert [case.post for case in listed] == [post]
    assert f"{QUEUE}?q={post.pk}" in in_thread.addresses


# -- Notes ----------------------------------------------------------------------------------------


def test_note_on_a_case_is_for_moderators_and_can_be_deleted_at_once(
    as_carol: Client, as_erin: Client, as_bob: Client, replies
):
    page = case_page(replies[0])
    press(as_carol, page, "Add note", reason="Third time this week.")
    for client in (as_carol, as_erin):
        section = Page(client.get(page)).find(".post-actions")
        assert "carol, just now" in section or "carol," in section
        assert "Third time this week." in section
    entry = ModerationAction.objects.get(act="note-case")
    assert as_bob.get(entry.get_absolute_url()).status_code == 404
    assert not ModerationNotification.objects.filter(action=entry).exists()
    assert "Delete" not in Page(as_erin.get(page)).find(".post-actions").links
    delete = Page(as_carol.get(page)).find(".post-actions").link("Delete")["href"]
    assert as_carol.post(delete, {"reason": "Wrong case"})["Location"] == page
    assert "Third time this week." not in as_carol.get(page).content.decode()


def test_note_on_a_pending_post_is_shown_on_its_case(as_carol: Client, opening, bob):
    case = Case.objects.get(pending_post=create_pending_post(opening, bob))
    page = reverse("admin:forum_case_change", args=[case.pk])
    press(as_carol, page, "Add note", reason="Ask erin first.")
    assert "Ask erin first." in Page(as_carol.get(page)).find(".post-actions")


def test_moderators_do_not_read_notes_on_their_own_case(
    as_carol: Client, carol, opening, erin, alice
):
    post = reply_to(opening, author=carol, source="Mine.")
    report_post(post, actor=alice, reason="attack")
    note_case(post, actor=erin, reason="Talk to carol.")
    page = as_carol.get(case_page(post)).content.decode()
    assert "Talk to carol." not in page
    assert "Add note" not in page


# -- How much is not shown ------------------------------------------------------------------------


def test_case_says_how_much_it_does_not_show(as_carol: Client, replies, bob):
    people = [User.objects.create_user(f"reader-{n}") for n in range(REPORTS_SHOWN + 2)]
    for person in people:
        report_post(replies[0], actor=person, reason="spam")
    for n in range(BRANCH + 5):
        reply_to(replies[0], author=bob, source=f"Answer {n}.")
    page = Page(as_carol.get(case_page(replies[0])))
    assert "and 3 more" in page.find('[aria-labelledby="reports"]')
    assert "and 5 more" in page.find('[aria-labelledby="branch"]')


# -- What is counted and announced ----------------------------------------------------------------


def test_headers_count_cases_appeals_and_deletions(
    as_erin: Client, as_carol: Client, carol, erin, replies, alice, bob, reply
):
    entry = hide_post(reply, actor=carol, reason="Rude")
    appeal_against(entry, actor=reply.author, words="It was not.")
    ask_for_own(alice, with_posts=False)
    ask_to_erase(replies[0], actor=carol, reason="His address")
    nav = Page(as_erin.get(QUEUE)).find(".desk")
    assert "Review queue 3 awaiting review" in nav
    assert "Appeals 1 awaiting review" in nav
    assert "Permanent deletions 2 awaiting review" in nav
    assert "Moderation 6" in Page(as_erin.get("/")).find("header")
    # Carol hid the post, asked for one deletion, and the other is for administrators.
    assert "Moderation 3" in Page(as_carol.get("/")).find("header")


def test_counted_appeals_and_deletions_are_those_that_each_moderator_can_decide(
    as_frank, as_grace, board, other_board, opening, alice, bob, carol, erin
):
    """The conditions in the database agree with the permissions, for everybody."""
    frank = User.objects.get(username="frank")
    for actor in (frank, carol, erin):
        post = reply_to(opening, author=alice, source=f"Said to {actor}.")
        appeal_against(hide_post(post, actor=actor, reason="x"), actor=alice, words="No.")
    ours = reply_to(opening, author=frank, source="By frank.")
    appeal_against(hide_post(ours, actor=carol, reason="x"), actor=frank, words="No.")
    ask_for_own(bob, with_posts=False)
    ask_to_anonymise(alice, actor=erin, reason="x")
    for author in (alice, frank):
        post = reply_to(opening, author=author, source="Erase me.")
        ask_to_erase(post, actor=carol, reason="x")
        ask_to_erase(reply_to(opening, author=author, source="Me too."), actor=erin, reason="x")

    def decided() -> dict[str, tuple[set[int], set[int]]]:
        return {
            person.username: (
                {a.pk for a in Appeal.objects.open() if can_answer_appeal(person, a)},
                {e.pk for e in Erasure.objects.open() if can_confirm_erasure(person, e)},
            )
            for person in moderators_except(())
        }

    def counted() -> dict[str, tuple[set[int], set[int]]]:
        return {
            person.username: (
                {a.pk for a in Appeal.objects.decidable_by(person)},
                {e.pk for e in Erasure.objects.confirmable_by(person)},
            )
            for person in moderators_except(())
        }

    assert counted() == decided()
    assert counted()["erin"][0]
    # With erin and frank gone, carol has to answer for herself.
    Role.objects.filter(person__in=[erin, frank]).delete()
    assert counted() == decided()
    assert len(counted()["carol"][0]) == Appeal.objects.count()


def test_new_reports_are_announced_to_those_who_can_decide_once_until_read(
    as_carol: Client, as_frank, as_grace, opening, alice, bob, carol
):
    def notified() -> list[str]:
        of_cases = ModerationNotification.objects.filter(cause="new-case")
        return sorted(of_cases.values_list("member__username", flat=True))

    for n in range(3):
        post = reply_to(opening, author=bob, source=f"Said as {n}.")
        report_post(post, actor=alice, reason="spam")
    assert notified() == ["carol", "frank"]
    inbox = Page(as_carol.get(reverse("inbox")))
    assert inbox.link("There is something new to review.")["href"] == QUEUE
    ModerationNotification.objects.update(read_at=timezone.now())
    report_post(reply_to(opening, author=bob, source="Again."), actor=carol, reason="spam")
    assert notified() == ["carol", "frank", "frank"]  # carol reported it herself


def test_pending_posts_appeals_and_deletions_are_announced(
    as_erin: Client, erin, carol, opening, alice, bob
):
    create_pending_post(opening, bob)
    post = reply_to(opening, author=alice, source="Mine.")
    appeal_against(hide_post(post, actor=carol, reason="x"), actor=alice, words="No.")
    ask_for_own(alice, with_posts=False)
    links = Page(as_erin.get(reverse("inbox"))).links
    assert links["There is something new to review."] == QUEUE
    assert links["There is a new appeal to decide."] == reverse("appeals")
    deletions = links["There is a new request for permanent deletion."]
    assert "alice" in as_erin.get(deletions).content.decode()
    of_carol = ModerationNotification.objects.filter(member=carol).exclude(action=None)
    assert not of_carol.exists()
    assert set(ModerationNotification.objects.filter(member=carol).values_list("cause")) == {
        ("new-case",)
    }


@pytest.mark.parametrize(("days", "is_due"), [(22, False), (24, True), (31, True)])
def test_deletion_that_falls_due_is_announced_once_and_counted_until_it_is_decided(
    as_erin: Client, as_carol: Client, erin, alice, bob, days, is_due
):
    ask_for_own(alice, with_posts=False)
    ask_for_own(bob, with_posts=False)
    mine = Erasure.objects.filter(person=alice)
    mine.update(asked_at=timezone.now() - timedelta(days=days))
    sweep()
    due = reverse("admin:forum_erasure_changelist") + "?state=due"
    links = Page(as_erin.get(reverse("inbox"))).links
    assert (links.get("A request for permanent deletion is due within a week.") == due) is is_due
    ModerationNotification.objects.update(read_at=timezone.now())
    sweep()
    reminders = ModerationNotification.objects.filter(cause="erase-due")
    assert [each.member for each in reminders] == [erin] * is_due
    assert ("1 due" in Page(as_erin.get(QUEUE)).find(".desk")) is is_due
    assert "due" not in Page(as_carol.get(QUEUE)).find(".desk")
    assert ("the account alice" in Page(as_erin.get(due))) is is_due
    assert "the account bob" not in Page(as_erin.get(due))


def test_request_of_a_moderator_falls_due_a_week_before_it_expires(carol, erin, replies):
    ask_to_erase(replies[0], actor=carol, reason="His address")
    asked = timezone.now() - timedelta(days=8)
    Erasure.objects.update(asked_at=asked)
    sweep()
    assert [n.member for n in ModerationNotification.objects.filter(cause="erase-due")] == [erin]


def test_list_of_appeals_says_which_are_for_others(
    as_carol: Client, as_erin: Client, carol, alice, opening
):
    post = reply_to(opening, author=alice, source="The words that were hidden.")
    appeal_against(hide_post(post, actor=carol, reason="x"), actor=alice, words="No.")
    assert "Another moderator has to decide." in Page(as_carol.get(reverse("appeals")))
    assert "Another moderator has to decide." not in Page(as_erin.get(reverse("appeals")))
    answer = Page(as_erin.get(Appeal.objects.get().get_absolute_url()))
    assert "The words that were hidden." in answer


# -- One order ------------------------------------------------------------------------------------


def test_next_and_previous_follow_the_order_of_the_list(as_carol: Client, opening, bob, erin):
    now = timezone.now()
    places = [(1, 3), (2, 1), (1, 1), (2, 1), (1, 3), (0.5, 9)]
    for n, (weight, hours) in enumerate(places):
        post = reply_to(opening, author=bob, source=f"Said as {n}.")
        report_post(post, actor=erin, reason="spam")
        Case.objects.filter(post=post).update(weight=weight, opened_at=now - timedelta(hours=hours))
    listed = list(as_carol.get(QUEUE).context["cl"].result_list)
    assert [case.pk for case in Case.objects.open()] == [case.pk for case in listed]
    for here, case in enumerate(listed):
        assert list(Case.objects.open().after(case)) == listed[here + 1 :]
        assert list(Case.objects.open().before(case)) == listed[:here][::-1]
