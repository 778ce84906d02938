"""An account is erased: what was its own is gone, what others see follows at once."""

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
def story(walpurga, alice, reply) -> dict[str, Post]:
    """What walpurga wrote, and what others wrote about her and with her words."""
    own = reply_to(reply, author=walpurga, source="Lime works, but only zephyr lime does.")
    quoting = reply_to(
        own,
        author=alice,
        source=f"@{NAME} you say:\n\n> Lime works, but only zephyr lime does.\n\nWhich is that?",
    )
    further = reply_to(
        quoting, author=walpurga, source=f"> @{NAME} you say:\n\nI did, @alice, at the @{NAME}."
    )
    save_draft(Purpose(parent_id=own.pk), member=alice, written=Writing(f"Thanks, @{NAME}!"))
    save_draft(Purpose(parent_id=reply.pk), member=walpurga, written=Writing("A draft of gorse."))
    queue_mail(recipients=[walpurga.email], sender="x@y.example", message=b"To Walpurga")
    return {"own": own, "quoting": quoting, "further": further}


def erased(person, erin, carol, **how) -> ModerationAction:
    ask_to_anonymise(person, actor=erin, reason="By letter", **how)
    return confirm_erasure(Erasure.objects.open().get(), actor=carol)


def test_name_address_and_all_that_is_theirs_is_in_no_table(story, walpurga, erin, carol):
    client = Client()
    client.force_login(walpurga)
    erased(walpurga, erin, carol)
    receipt = OutgoingMail.objects.get()
    assert (receipt.recipients, receipt.is_last) == (["w.quibble@example.org"], True)
    assert b"permanently deleted" in bytes(receipt.message)
    sent = []
    assert deliver_next(lambda mail: sent.append(bytes(mail.message)))
    assert len(sent) == 1
    for word in ("walpurga", "quibble", "gorse"):
        assert tables_with(word) == set(), word
    assert not Session.objects.exists()
    assert not faults()


def test_what_they_wrote_stays_and_everything_follows_the_new_name(
    story, walpurga, erin, carol, visitor
):
    erased(walpurga, erin, carol)
    name = f"former-member-{walpurga.pk}"
    assert User.objects.get(pk=walpurga.pk).username == name
    page = visitor.get(story["own"].thread.get_absolute_url()).content.decode()
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
        said = quote.source_revision.plain[quote.start : quote.start + quote.length]
        assert said == quote.words


def test_with_posts_everything_they_said_is_gone(story, walpurga, erin, carol, visitor):
    action = erased(walpurga, erin, carol, with_posts=True)
    for word in ("zephyr", "walpurga"):
        assert tables_with(word) - {"forum_outgoingmail.message"} <= {
            "forum_outgoingmail.recipients"
        }
    assert action.act == "erase-person"
    assert ModerationAction.objects.filter(act="erase-post").count() == 0, "one record"
    assert action.effects.count() == 3
    page = visitor.get(story["own"].thread.get_absolute_url()).content.decode()
    assert "Which is that?" in page
    assert "Permanently deleted on" in page


def test_nobody_signs_in_to_it_and_nobody_takes_the_name(story, walpurga, erin, carol):
    client = Client()
    client.force_login(walpurga)
    erased(walpurga, erin, carol)
    for name in (NAME, "w.quibble@example.org", f"former-member-{walpurga.pk}"):
        assert authenticate(username=name, password=PASSWORD) is None
    assert client.get(reverse("drafts")).status_code == 302
    for name in (NAME, "WALPURGA", "Wa1purga", "former-member-99"):
        with pytest.raises(Exception, match="name is reserved"):
            Adapter().clean_username(name)


def test_the_log_keeps_what_they_did_under_the_new_name(carol, erin, reply, alice):
    mona = User.objects.create_user("mona", "mona@example.org")
    Role.objects.create(person=mona, kind=Role.Kind.ADMINISTRATOR)
    entry = set_up(ReasonTemplate(text="Spam"), actor=mona)
    ask_for_own(mona, with_posts=False)
    confirm_erasure(Erasure.objects.get(), actor=erin)
    assert str(ModerationAction.objects.get(pk=entry.pk).actor).startswith("former-member-")
    assert not Role.objects.filter(person=mona).exists()


# -- One's own ------------------------------------------------------------------------------------


def test_member_asks_for_it_and_changes_their_mind(walpurga, erin):
    client = Client()
    page = reverse("account-erase")
    assert client.get(page)["Location"].startswith("/accounts/login/")
    client.force_login(walpurga)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    told = client.get(page).content.decode()
    assert "0 drafts" not in told
    client.post(page, {"do": "erase", "with_posts": "1"})
    client.post(page, {"do": "erase"})
    asked = Erasure.objects.get()
    assert (asked.is_own, asked.is_open, asked.with_posts) == (True, True, False)
    assert ", due by" in client.get(page).content.decode()
    client.post(page, {"do": "keep"})
    assert Erasure.objects.get().outcome == "withdrawn"
    withdraw_own(walpurga)


def test_own_wish_needs_the_password_again(walpurga):
    client = Client()
    client.force_login(walpurga)
    assert client.get(reverse("account-erase")).status_code == 200
    assert "reauthenticate" in client.post(reverse("account-erase"), {"do": "erase"})["Location"]
    assert not Erasure.objects.exists()


def test_administrator_sees_when_it_is_due_and_does_it(walpurga, as_erin, as_carol, erin):
    asked = ask_for_own(walpurga, with_posts=True)
    listed = as_erin.get(reverse("admin:forum_erasure_changelist"), {"state": "open"})
    assert f"the account {NAME}" in listed.content.decode()
    page = reverse("admin:forum_erasure_change", args=[asked.pk])
    assert "Confirm it by" in as_erin.get(page).content.decode()
    confirm = reverse("admin:forum_erasure_confirm", args=[asked.pk])
    assert as_carol.post(confirm).status_code == 403, "administrators answer members"
    assert as_erin.post(confirm).status_code == 302
    record = ModerationAction.objects.get()
    assert (record.act, record.actor) == ("erase-person", erin)


def test_refused_the_member_hears_why(walpurga, as_erin):
    asked = ask_for_own(walpurga, with_posts=True)
    refuse = reverse("admin:forum_erasure_refuse", args=[asked.pk])
    assert as_erin.post(refuse, {"reason": ""}).status_code == 422
    assert as_erin.post(refuse, {"reason": "A court asked us to wait"}).status_code == 302
    client = Client()
    client.force_login(walpurga)
    assert "A court asked us to wait" in client.get("/inbox/").content.decode()
