"""Administrators manage accounts: add, password, address, sessions, deactivate; all in the log."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from forum.errors import Invalid
from forum.models import ModerationAction, User
from forum.moderation.actions.accounts import deactivate_person, mail_password_link_to
from forum.moderation.undo import undo
from tests.html import Page, press

ADD = reverse("admin:forum_user_add")
PASSWORD = "a long password"
SEND = "Send password reset e-mail"


def can_log_in(name: str, password: str) -> bool:
    client = Client()
    client.post(reverse("account_login"), {"login": name, "password": password})
    return "_auth_user_id" in client.session


def in_the_log(act: str) -> ModerationAction:
    return ModerationAction.objects.get(act=act)


@pytest.fixture
def dora(db: None) -> User:
    """A member with a password and an address that she has not confirmed."""
    dora = User.objects.create_user("dora", "dora@example.org", PASSWORD)
    EmailAddress.objects.create(user=dora, email=dora.email, primary=True)
    return dora


def page_of(action: str, person: User) -> str:
    return reverse(f"person-{action}", args=[person.username])


# -- Adding ---------------------------------------------------------------------------------------


def test_added_member_can_log_in_and_the_log_says_who_added_them(as_erin: Client, erin):
    new = {"username": "Nora", "email": "Nora@Example.org", "password": PASSWORD, "why": "Asked."}
    assert press(as_erin, ADD, "Save", **new).status_code == 302
    nora = User.objects.get(username="Nora")
    assert can_log_in("nora", PASSWORD)
    assert nora.email == "nora@example.org"
    entry = in_the_log("add-member")
    assert (entry.actor, entry.reason) == (erin, "Asked.")
    assert entry.effects.get().target_id == nora.pk
    assert PASSWORD not in str(entry.effects.values())


def test_added_member_without_a_password_chooses_one_by_mail(as_erin: Client, mailoutbox):
    new = {"username": "nora", "email": "nora@example.org"}
    assert press(as_erin, ADD, "Save", **new).status_code == 302
    assert not can_log_in("nora", "")
    Client().post(reverse("account_reset_password"), {"email": "nora@example.org"})
    (mail,) = mailoutbox
    assert mail.to == ["nora@example.org"]
    assert "/accounts/password/reset/key/" in mail.body


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("username", "al", "too similar"),
        ("username", "Alice", "already taken"),
        ("username", "adm1n", "reserved"),
        ("username", "no spaces", "Use 2–30 characters"),
        ("email", "ALICE@example.org", "Another account has this address."),
        ("email", "nowhere", "valid email"),
        ("password", "12345678", "numeric"),
    ],
)
def test_account_that_nobody_may_have_is_refused_beside_the_field(
    as_erin: Client, alice, field, value, error
):
    User.objects.create_user("a1")
    new = {"username": "nora", "email": "nora@example.org", "password": PASSWORD}
    answer = press(as_erin, ADD, "Save", **new | {field: value})
    assert answer.status_code == 200
    assert error in Page(answer).find(f".field-{field}")
    assert not User.objects.named(["nora"]).exists()


# -- Password and sessions ------------------------------------------------------------------------


def test_set_password_replaces_the_old_one_ends_sessions_and_is_not_logged(
    as_erin: Client, dora: User
):
    EmailAddress.objects.update(verified=True)
    client = Client()
    client.force_login(dora)
    page = page_of("set-password", dora)
    answer = press(as_erin, page, "Set password", password="12345678", reason="x")
    assert answer.status_code == 422
    assert "Only numbers" in Page(answer) or "numeric" in Page(answer)
    new = "another long password"
    assert press(as_erin, page, "Set password", password=new, reason="Lost").status_code == 303
    assert client.get(reverse("inbox")).status_code == 302
    assert not can_log_in("dora", PASSWORD)
    assert can_log_in("dora", new)
    entry = in_the_log("set-password")
    assert new not in str(entry.effects.values())
    assert "pbkdf2" not in str(entry.effects.values())
    client.force_login(User.objects.get(pk=dora.pk))
    assert "An administrator replaced your password." in Page(client.get(reverse("inbox")))


def test_password_left_empty_is_taken_away(as_erin: Client, dora: User):
    EmailAddress.objects.update(verified=True)
    press(as_erin, page_of("set-password", dora), "Set password", reason="Stolen")
    assert not can_log_in("dora", PASSWORD)
    assert not can_log_in("dora", "")


def test_password_reset_mail_leads_to_a_new_password(as_erin: Client, dora: User, mailoutbox):
    EmailAddress.objects.update(verified=True)
    sent = press(as_erin, page_of("reset-password", dora), SEND, reason="Lost phone")
    assert sent.status_code == 303
    (mail,) = mailoutbox
    assert mail.to == [dora.email]
    assert User.objects.get(pk=dora.pk).check_password(PASSWORD)  # logging in ends the link
    link = next(word for word in mail.body.split() if "/password/reset/key/" in word)
    key = link.rstrip("/").rpartition("-")[2]
    assert key not in str(in_the_log("mail-password-link").effects.values())
    client = Client()
    page = client.get(link.removeprefix(settings.SITE_URL), follow=True).request["PATH_INFO"]
    new = {"password1": "a very new password", "password2": "a very new password"}
    client.post(page, new)
    assert can_log_in("dora", "a very new password")
    assert not can_log_in("dora", PASSWORD)


@pytest.mark.parametrize("lacks", [{"is_active": False}, {"email": ""}])
def test_no_password_reset_mail_is_offered_or_sent_to_whom_it_would_not_help(
    as_erin: Client, erin, dora: User, mailoutbox, lacks
):
    User.objects.filter(pk=dora.pk).update(**lacks)
    page = reverse("admin:forum_user_change", args=[dora.pk])
    offered = Page(as_erin.get(page)).addresses
    assert not any(found.startswith(page_of("reset-password", dora)) for found in offered)
    with pytest.raises(Invalid):
        mail_password_link_to(dora, actor=erin, reason="Lost")
    assert mailoutbox == []


def test_logged_out_everywhere_one_logs_in_again_with_the_same_password(
    as_erin: Client, as_alice: Client, dora: User
):
    EmailAddress.objects.update(verified=True)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(dora)
    press(as_erin, page_of("log-out", dora), "Log out everywhere", reason="Stolen phone")
    for client in clients:
        assert client.get(reverse("inbox")).status_code == 302
    assert as_alice.get(reverse("inbox")).status_code == 200
    assert can_log_in("dora", PASSWORD)


# -- Address --------------------------------------------------------------------------------------


def test_confirmed_by_an_administrator_a_member_can_log_in(as_erin: Client, dora: User):
    assert not can_log_in("dora", PASSWORD)
    press(as_erin, page_of("confirm-address", dora), "Confirm e-mail address", reason="By phone")
    assert can_log_in("dora", PASSWORD)
    assert "Confirm e-mail address" not in Page(as_erin.get(dora.get_absolute_url())).links


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_corrected_address_replaces_the_old_one(as_erin: Client, dora: User, is_confirmed):
    sent = {"address": "Dora.New@example.org", "reason": "A typing error"}
    sent |= {"is_confirmed": "on"} if is_confirmed else {}
    press(as_erin, page_of("set-address", dora), "Change e-mail address", **sent)
    assert User.objects.get(pk=dora.pk).email == "dora.new@example.org"
    (address,) = EmailAddress.objects.filter(user=dora)
    assert (address.email, address.verified) == ("dora.new@example.org", is_confirmed)
    assert can_log_in("dora", PASSWORD) is is_confirmed
    assert "dora.new" not in str(in_the_log("set-address").effects.values())


def test_address_of_another_account_is_refused_with_what_was_typed(
    as_erin: Client, dora: User, alice: User
):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    page = page_of("set-address", dora)
    sent = {"address": alice.email, "is_confirmed": "on", "reason": "A typing error"}
    answer = press(as_erin, page, "Change e-mail address", **sent)
    assert answer.status_code == 422
    assert "Another account has this address." in Page(answer).errors
    assert Page(answer).form("Change e-mail address").fields["address"] == alice.email
    assert User.objects.get(pk=dora.pk).email == "dora@example.org"
    assert not ModerationAction.objects.filter(act="set-address").exists()


# -- Deactivating ---------------------------------------------------------------------------------


def test_deactivated_account_cannot_log_in_until_that_is_undone(
    as_erin: Client, erin, as_alice: Client, alice: User
):
    entry = deactivate_person(alice, actor=erin, reason="On request")
    assert as_alice.get(reverse("inbox")).status_code == 302
    undo(entry, actor=erin, reason="Came back")
    assert as_alice.get(reverse("inbox")).status_code == 200


def test_deactivated_accounts_are_found_in_the_list(as_erin: Client, erin, alice: User):
    deactivate_person(alice, actor=erin, reason="On request")
    listed = as_erin.get(reverse("admin:forum_user_changelist"), {"is_active__exact": "0"})
    assert list(listed.context["cl"].result_list) == [alice]


def test_moderators_are_offered_nothing_of_accounts(as_carol: Client, bob: User):
    for page in (bob.get_absolute_url(), reverse("admin:forum_user_change", args=[bob.pk])):
        shown = Page(as_carol.get(page))
        assert "Warn" in shown.links
        assert "Account" not in shown.headings
        assert "Set password" not in shown.links
    assert as_carol.get(ADD).status_code == 403


# -- On the command line --------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["root@example.org", ""])
def test_createsuperuser_makes_an_account_that_can_log_in(db, monkeypatch, email):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username="chief", email=email)
    assert can_log_in("chief", PASSWORD)
    assert User.objects.get(username="chief").is_superuser


# -- Lists ----------------------------------------------------------------------------------------


def test_lists_are_sorted_by_columns_with_an_index_and_by_no_others(as_erin: Client, alice, bob):
    page = reverse("admin:forum_user_changelist")
    names = [person.username for person in as_erin.get(page, {"o": "1"}).context["cl"].result_list]
    assert names == sorted(names)
    names = [person.username for person in as_erin.get(page, {"o": "-1"}).context["cl"].result_list]
    assert names == sorted(names, reverse=True)
    heads = Page(as_erin.get(page)).texts("#result_list .sortable .text")
    assert heads == ["Name", "Joined"]
    for odd in ("2", "-4", "0", "99", "x", "1.4", "%00"):
        assert as_erin.get(f"{page}?o={odd}").status_code == 400, odd


def test_history_leads_to_what_the_log_says_about_it(
    as_carol: Client, as_erin: Client, erin, bob, alice
):
    mine = deactivate_person(bob, actor=erin, reason="On request")
    deactivate_person(alice, actor=erin, reason="On request")
    page = reverse("admin:forum_user_change", args=[bob.pk])
    history = Page(as_erin.get(page)).link("History")["href"]
    listed = as_erin.get(history, follow=True).context["cl"].result_list
    assert list(listed) == [mine]
    log = reverse("admin:forum_moderationaction_changelist")
    for odd in ("person-x", "person", "nothing-1", f"person-{10**20}"):
        assert as_erin.get(log, {"about": odd}).status_code == 400, odd


def test_log_is_narrowed_down_by_date(as_erin: Client, erin, bob):
    entry = deactivate_person(bob, actor=erin, reason="On request")
    log = reverse("admin:forum_moderationaction_changelist")
    day = entry.created_at
    then = {"created_at__year": day.year, "created_at__month": day.month}
    assert list(as_erin.get(log, then).context["cl"].result_list) == [entry]
    then = {"created_at__year": day.year - 1}
    assert not as_erin.get(log, then).context["cl"].result_list
    assert as_erin.get(log, {"created_at__year": "x"}).status_code == 400
    assert as_erin.get(log, {"created_at__second": "1"}).status_code == 400
