"""Reason templates, in the page and in the moderation admin, with and without JavaScript."""

from __future__ import annotations

from playwright.sync_api import expect

from forum.models import Post, ReasonTemplate
from forum.moderation.configuration import set_up
from tests.browser.sample_data import SampleData

TEXT = "Off topic, <b>again</b> & “again”"


def test_reason_template_fills_the_field_and_can_be_changed(
    visit, reply: Post, sample_data: SampleData
) -> None:
    set_up(ReasonTemplate(text=TEXT), actor=sample_data.erin)
    set_up(ReasonTemplate(text="Spam"), actor=sample_data.erin)
    for address in (f"/p/{reply.pk}/hide/", f"/moderate/post/hide/?id={reply.pk}"):
        page = visit(address, sample_data.carol)
        field = page.locator("[name=reason]")
        template_select = page.get_by_label("Template")
        template_select.select_option(label=TEXT)
        expect(field).to_have_value(TEXT)
        template_select.select_option(label="Spam")
        expect(field).to_have_value("Spam")
        field.fill("Spam for shoes")
        template_select.select_option(label=TEXT)
        expect(field).to_have_value("Spam for shoes")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".messages .note")).to_contain_text("Post hidden.")
    assert Post.objects.get(pk=reply.pk).hidden_action.reason == "Spam for shoes"


def test_reason_template_is_used_without_javascript(
    visit, reply: Post, sample_data: SampleData
) -> None:
    set_up(ReasonTemplate(text=TEXT), actor=sample_data.erin)
    page = visit(f"/p/{reply.pk}/hide/", sample_data.carol, java_script_enabled=False)
    page.get_by_label("Template").select_option(label=TEXT)
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(f"#p{reply.pk}")).to_contain_text(TEXT)
