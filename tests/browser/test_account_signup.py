"""Signing up, logging in and starting a first thread."""

from __future__ import annotations

import email
import re
from email.policy import default

import pytest
from playwright.sync_api import expect

from forum.models import OutgoingMail


@pytest.fixture
def _outbox(settings) -> None:
    settings.EMAIL_BACKEND = "forum.jobs.mail.OutboxBackend"


@pytest.mark.usefixtures("_outbox")
def test_sign_up_confirm_log_out_and_in(visit, sample_data) -> None:
    page = visit("/")
    page.get_by_role("link", name="Sign up").click()
    form = page.locator("main")
    form.get_by_label("Name", exact=True).fill("alice")
    form.get_by_label("E-mail address").fill("grete@example.org")
    form.get_by_label("Password").fill("a long enough secret")
    form.get_by_role("button", name="Sign up").click()
    expect(page.locator(".summary")).to_be_focused()
    form.get_by_label("Name", exact=True).fill("grete")
    form.get_by_label("Password").fill("a long enough secret")
    form.get_by_role("button", name="Sign up").click()
    expect(page.locator("h1")).to_contain_text("mail")

    mail = OutgoingMail.objects.get(recipients=["grete@example.org"])
    text = email.message_from_bytes(bytes(mail.message), policy=default).get_content()
    page.goto(re.search(r"http://localhost:8000(/accounts/\S+)", text)[1])
    page.locator("main").get_by_role("button").click()

    account = page.get_by_role("navigation", name="Your account")
    expect(account.get_by_role("link", name="grete")).to_be_visible()
    account.get_by_role("button", name="Log out").click()
    account.get_by_role("link", name="Log in").click()
    form.get_by_label("Name or e-mail address").fill("grete@example.org")
    form.get_by_label("Password").fill("a long enough secret")
    form.get_by_role("button", name="Log in").click()
    account.get_by_role("link", name="grete").click()
    expect(page.locator("h1")).to_have_text("grete")


def test_thread_is_started_from_its_board(visit, sample_data) -> None:
    page = visit("/b/yard/", sample_data.bob)
    page.get_by_role("link", name="Start a thread").click()
    page.get_by_role("button", name="Post thread").click()
    page.get_by_label("Title").fill("Granite or slate")
    page.get_by_role("button", name="Post thread").click()
    expect(page.locator(".error")).to_have_text("Write something first.")
    expect(page.get_by_label("Title")).to_have_value("Granite or slate")
    page.get_by_label("Opening post").fill("Which of them lasts?")

    page.get_by_role("button", name="Post thread").click()

    expect(page.locator("h1")).to_have_text("Granite or slate")
    expect(page.locator(".opening-post .text")).to_have_text("Which of them lasts?")
