"""Template, in the page and at the desk, with and without JavaScript."""

from __future__ import annotations

from playwright.sync_api import expect

from forum.models import Post, ReasonTemplate
from forum.moderation.configuration import set_up
from tests.browser.world import World

TEXT = "Off topic, <b>again</b> & “again”"


def test_chosen_reason_is_written_into_the_field_and_can_be_changed(
    visit, reply: Post, world: World
) -> None:
    set_up(ReasonTemplate(text=TEXT), actor=world.erin)
    set_up(ReasonTemplate(text="Spam"), actor=world.erin)
    for address in (f"/p/{reply.pk}/hide/", f"/moderate/post/hide/?id={reply.pk}"):
        page = visit(address, world.carol)
        words = page.locator("[name=reason]")
        ready = page.get_by_label("Template")
        ready.select_option(label=TEXT)
        expect(words).to_have_value(TEXT)
        ready.select_option(label="Spam")
        expect(words).to_have_value("Spam")
        words.fill("Spam for shoes")
        ready.select_option(label=TEXT)
        expect(words).to_have_value("Spam for shoes")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".messages .note")).to_contain_text("Post hidden.")
    assert Post.objects.get(pk=reply.pk).hidden_action.reason == "Spam for shoes"


def test_chosen_reason_is_given_without_javascript(visit, reply: Post, world: World) -> None:
    set_up(ReasonTemplate(text=TEXT), actor=world.erin)
    page = visit(f"/p/{reply.pk}/hide/", world.carol, java_script_enabled=False)
    page.get_by_label("Template").select_option(label=TEXT)
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(f"#p{reply.pk}")).to_contain_text(TEXT)
