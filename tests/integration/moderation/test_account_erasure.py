"""Permanent deletion of accounts: private data is gone, and content shows the new name at once."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from forum.actions.drafts import Writing, save_draft
from forum.actions.outbox import deliver_next, queue_mail
from forum.actions.posts import reply_to
from forum.forms.adapter import Adapter
from forum.models import (
    Erasure,
    ModerationAction,
    OutgoingMail,
    Post,
    Quote,
    ReasonTemplate,
    Role,
    User,
)
from forum.models.drafts import Purpose
from forum.models.tree import faults
from forum.moderation.actions.erasure_requests import ask_to_anonymise
from forum.moderation.configuration import set_up
from forum.moderation.erasure.requests import ask_for_own, confirm_erasure, withdraw_own
from tests.columns import tables_with
from tests.conftest import PASSWORD

NAME = "Walpurga"


@pytest.fixture
def walpurga(db) -> User:
    person = User.objects.create_user(NAME, "w.quibble@example.org", PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def posts(walpurga, alice, reply) -> dict[str, Post]:
    """Return posts that walpurga wrote or that mention and quote her."""
    own = reply_to(reply, author=walpurga, source="Lime works, but only zephyr lime does.")
    quoting_reply = reply_to(
        own,
        author=alice,
        source=f"@{NAME} you say:\n\n> Lime works, but only zephyr lime does.\n\nWhich is that?",
    )
    later_reply = reply_to(
        quoting_reply,
        author=walpurga,
        source=f"> @{NAME} you say:\n\nI did, @alice, at the @{NAME}.",
    )
    save_draft(Purpose(parent_id=own.pk), member=alice, written=Writing(f"Thanks, @{NAME}!"))
    save_draft(Purpose(parent_id=reply.pk), member=walpurga, written=Writing("A draft of gorse."))
    queue_mail(recipients=[walpurga.email], sender="x@y.example", message=b"To Walpurga")
    return {"own": own, "quoting": quoting_reply, "further": later_reply}


def erase(person, erin, carol, **options) -> ModerationAction:
    ask_to_anonymise(person, actor=erin, reason="By letter", **options)
    return confirm_erasure(Erasure.objects.open().get(), actor=carol)


def test_no_table_contains_the_name_or_private_data(posts, walpurga, erin, carol):
    client = Client()
    client.force_login(walpurga)
    erase(walpurga, erin, carol)
    confirmation_mail = OutgoingMail.objects.get()
    assert (confirmation_mail.recipients, confirmation_mail.is_last) == (
        ["w.quibble@example.org"],
        True,
    )
    assert b"permanently deleted" in bytes(confirmation_mail.message)
    sent = []
    assert deliver_next(lambda mail: sent.append(bytes(mail.message)))
    assert len(sent) == 1
    for word in ("walpurga", "quibble", "gorse"):
        assert tables_with(word) == set(), word
    assert not Session.objects.exists()
    assert not faults()


def test_posts_stay_and_show_the_new_name_everywhere(posts, walpurga, erin, carol, visitor):
    erase(walpurga, erin, carol)
    name = f"former-member-{walpurga.pk}"
    assert User.objects.get(pk=walpurga.pk).username == name
    page = visitor.get(posts["own"].thread.get_absolute_url()).content.decode()
    assert "zephyr lime" in page
    assert NAME not in page
    assert f'href="/u/{name}/"' in page
    assert f"@{name}" in page
    for old in (f"/u/{NAME}/", f"/u/{NAME.lower()}/"):
        assert visitor.get(old).status_code == 404
    profile = visitor.get(f"/u/{name}/").content.decode()
    assert "This account was permanently deleted." in profile
    assert "Joined" not in profile
    for quote in Quote.objects.select_related("source_revision"):
        quoted = quote.source_revision.plain[quote.start : quote.start + quote.length]
        assert quoted == quote.words


def test_deletion_with_posts_removes_all_their_text(posts, walpurga, erin, carol, visitor):
    action = erase(walpurga, erin, carol, with_posts=True)
    for word in ("zephyr", "walpurga"):
        assert tables_with(word) - {"forum_outgoingmail.message"} <= {
            "forum_outgoingmail.recipients"
        }
    assert action.act == "erase-person"
    assert ModerationAction.objects.filter(act="erase-post").count() == 0, "one record"
    assert action.effects.count() == 3
    page = visitor.get(posts["own"].thread.get_absolute_url()).content.decode()
    assert "Which is that?" in page
    assert "Permanently deleted on" in page


def test_nobody_can_log_in_or_register_with_the_old_name(posts, walpurga, erin, carol):
    client = Client()
    client.force_login(walpurga)
    erase(walpurga, erin, carol)
    for name in (NAME, "w.quibble@example.org", f"former-member-{walpurga.pk}"):
        assert authenticate(username=name, password=PASSWORD) is None
    assert client.get(reverse("drafts")).status_code == 302
    for name in (NAME, "WALPURGA", "Wa1purga", "former-member-99"):
        with pytest.raises(Exception, match="name is reserved"):
            Adapter().clean_username(name)


def test_log_shows_their_actions_under_the_new_name(carol, erin, reply, alice):
    mona = User.objects.create_user("mona", "mona@example.org")
    Role.objects.create(person=mona, kind=Role.Kind.ADMINISTRATOR)
    entry = set_up(ReasonTemplate(text="Spam"), actor=mona)
    ask_for_own(mona, with_posts=False)
    confirm_erasure(Erasure.objects.get(), actor=erin)
    assert str(ModerationAction.objects.get(pk=entry.pk).actor).startswith("former-member-")
    assert not Role.objects.filter(person=mona).exists()


# -- Deleting one's own account -------------------------------------------------------------------


def test_member_requests_deletion_and_withdraws_the_request(walpurga, erin):
    client = Client()
    page = reverse("account-erase")
    assert client.get(page)["Location"].startswith("/accounts/login/")
    client.force_login(walpurga)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    html = client.get(page).content.decode()
    assert "0 drafts" not in html
    client.post(page, {"do": "erase", "with_posts": "1"})
    client.post(page, {"do": "erase"})
    erasure = Erasure.objects.get()
    assert (erasure.is_own, erasure.is_open, erasure.with_posts) == (True, True, False)
    assert ", due by" in client.get(page).content.decode()
    client.post(page, {"do": "keep"})
    assert Erasure.objects.get().outcome == "withdrawn"
    withdraw_own(walpurga)


def test_own_request_needs_the_password_again(walpurga):
    client = Client()
    client.force_login(walpurga)
    assert client.get(reverse("account-erase")).status_code == 200
    assert "reauthenticate" in client.post(reverse("account-erase"), {"do": "erase"})["Location"]
    assert not Erasure.objects.exists()


def test_administrator_sees_the_due_date_and_confirms(walpurga, as_erin, as_carol, erin):
    erasure = ask_for_own(walpurga, with_posts=True)
    listed = as_erin.get(reverse("admin:forum_erasure_changelist"), {"state": "open"})
    assert f"the account {NAME}" in listed.content.decode()
    page = reverse("admin:forum_erasure_change", args=[erasure.pk])
    assert "Confirm it by" in as_erin.get(page).content.decode()
    confirm = reverse("admin:forum_erasure_confirm", args=[erasure.pk])
    assert as_carol.post(confirm).status_code == 403, "administrators answer members"
    assert as_erin.post(confirm).status_code == 302
    record = ModerationAction.objects.get()
    assert (record.act, record.actor) == ("erase-person", erin)


def test_member_sees_why_a_request_was_refused(walpurga, as_erin):
    erasure = ask_for_own(walpurga, with_posts=True)
    refuse = reverse("admin:forum_erasure_refuse", args=[erasure.pk])
    assert as_erin.post(refuse, {"reason": ""}).status_code == 422
    assert as_erin.post(refuse, {"reason": "A court asked us to wait"}).status_code == 302
    client = Client()
    client.force_login(walpurga)
    assert "A court asked us to wait" in client.get("/inbox/").content.decode()
