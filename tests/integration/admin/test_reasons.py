"""Reason templates: configured by administrators, logged, and chosen by moderators."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.errors import Conflict, NotAllowed
from forum.models import ModerationAction, ModerationNotification, ReasonTemplate
from forum.moderation.configuration import set_up, take_down
from forum.moderation.undo import undo
from tests.html import Page, press

LIST = "admin:forum_reasontemplate"
FORM = {"text": "Spam, again", "deeds": ["hide", "remove"], "position": "1", "is_active": "on"}


@pytest.fixture
def spam(erin) -> ReasonTemplate:
    template = ReasonTemplate(text="Spam", deeds=["hide"])
    set_up(template, actor=erin)
    return template


def entries():
    return ModerationAction.objects.filter(act="configure")


def text_before_and_after(action) -> tuple:
    effect = action.effects.get()
    before, after = effect.before["row"], effect.after["row"]
    return before and before["text"], after and after["text"]


def test_administrator_adds_changes_and_deletes_a_template_with_one_entry_each(as_erin, erin):
    assert as_erin.post(reverse(f"{LIST}_add"), FORM | {"why": "Often"}).status_code == 302
    template = ReasonTemplate.objects.get()
    assert (template.text, template.deeds) == ("Spam, again", ["hide", "remove"])
    assert [(entry.actor, entry.reason, text_before_and_after(entry)) for entry in entries()] == [
        (erin, "Often", (None, "Spam, again"))
    ]
    page = reverse(f"{LIST}_change", args=[template.pk])
    assert as_erin.post(page, FORM | {"text": "Spam"}).status_code == 302
    assert text_before_and_after(entries()[0]) == ("Spam, again", "Spam")
    assert as_erin.post(page, FORM | {"text": "Spam"}).status_code == 302
    assert entries().count() == 2, "the same again changes nothing"
    page = reverse(f"{LIST}_delete", args=[template.pk])
    assert as_erin.post(page, {"post": "yes"}).status_code == 302
    assert not ReasonTemplate.objects.exists()
    assert text_before_and_after(entries()[0]) == ("Spam", None)
    assert entries().count() == 3
    assert not ModerationNotification.objects.exists()


def test_each_change_can_be_undone(spam, erin):
    add_action = entries()[0]
    spam.text = "Advertising"
    change_action = set_up(spam, actor=erin)
    undo(change_action, actor=erin, reason="No")
    assert ReasonTemplate.objects.get().text == "Spam"
    delete_action = take_down(spam, actor=erin)
    undo_action = undo(delete_action, actor=erin, reason="No").action
    assert (undo_action.act, undo_action.undoes) == ("configure", delete_action)
    restored = ReasonTemplate.objects.get()
    assert (restored.pk, restored.text, restored.deeds) == (spam.pk, "Spam", ["hide"])
    with pytest.raises(Conflict):
        undo(add_action, actor=erin, reason="It was changed since")
    assert undo(delete_action, actor=erin, reason="Twice").action == undo_action
    assert take_down(ReasonTemplate(pk=999), actor=erin) is None


def test_only_administrators_configure_templates_and_undo(as_carol, carol, spam):
    for page in ("changelist", "add"):
        assert as_carol.get(reverse(f"{LIST}_{page}")).status_code == 403
    spam.text = "Mine"
    for function in (set_up, take_down):
        with pytest.raises(NotAllowed):
            function(spam, actor=carol)
    with pytest.raises(NotAllowed):
        undo(entries()[0], actor=carol, reason="No")
    assert ReasonTemplate.objects.get().text == "Spam"
    assert entries().count() == 1


def test_invalid_input_shows_errors_on_the_form(as_erin):
    for bad_data in ({"text": ""}, {"text": "x" * 501}, {"deeds": ["nonsense"]}, {"position": "x"}):
        response = as_erin.post(reverse(f"{LIST}_add"), FORM | bad_data)
        assert response.status_code == 200
        assert response.context["adminform"].form.errors
    assert not ReasonTemplate.objects.exists()
    assert not entries().exists()


def test_changes_are_shown_in_the_log_of_the_admin_only(as_erin, as_alice, spam):
    entry = entries()[0]
    page = as_erin.get(reverse("admin:forum_moderationaction_change", args=[entry.pk]))
    assert "Spam" in page.content.decode()
    assert reverse(f"{LIST}_change", args=[spam.pk]) in page.content.decode()
    assert as_alice.get(entry.get_absolute_url()).status_code == 404


# -- Choosing a template --------------------------------------------------------------------------


def test_moderator_chooses_a_reason_without_javascript(as_carol, reply, spam):
    page = reverse("post-hide", args=[reply.pk])
    assert f'<option value="{spam.pk}">Spam</option>' in as_carol.get(page).content.decode()
    response = as_carol.post(page, {"ready": ""})
    assert response.status_code == 422
    assert "or choose a template" in response.content.decode()
    assert as_carol.post(page, {"ready": "999"}).status_code == 422
    assert as_carol.post(page, {"ready": str(spam.pk)}).status_code == 303
    assert ModerationAction.objects.filter(act="hide-post").get().reason == "Spam"


def test_written_reason_overrides_the_chosen_template(as_carol, reply, spam):
    page = f"/moderate/post/hide/?id={reply.pk}"
    form = {"ready": str(spam.pk), "reason": "Spam for shoes"}
    assert as_carol.post(page, form).status_code == 303
    assert ModerationAction.objects.filter(act="hide-post").get().reason == "Spam for shoes"


def test_button_of_a_template_sends_the_form_with_it_whatever_was_written(as_carol, reply, spam):
    page = reverse("post-hide", args=[reply.pk])
    done = press(as_carol, page, "Spam", reason="Something begun", note="Seen before")
    assert done.status_code == 303
    action = ModerationAction.objects.filter(act="hide-post").get()
    assert (action.reason, action.note) == ("Spam", "Seen before")


def test_template_of_a_button_stays_in_the_form_that_needs_more(as_carol, reply, erin):
    set_up(ReasonTemplate(text="Spam"), actor=erin)
    page = reverse("post-move", args=[reply.pk])
    again = press(as_carol, page, "Spam")
    assert again.status_code == 422
    assert Page(again).form("Move branch").fields["reason"] == "Spam"


def test_buttons_are_for_the_first_five_templates_after_the_main_one(as_carol, reply, erin):
    for n in range(7):
        set_up(ReasonTemplate(text=f"Reason {n}", position=n), actor=erin)
    form = Page(as_carol.get(reverse("post-hide", args=[reply.pk]))).form("Hide")
    assert list(form.buttons) == ["Hide", *(f"Reason {n}" for n in range(5))]


def test_active_templates_are_offered_in_order_for_their_actions(as_carol, reply, erin):
    for text, fields in {
        "Second": {"position": 2},
        "First": {"position": 1, "deeds": ["hide", "undo"]},
        "For members": {"deeds": ["warn"]},
        "Gone": {"is_active": False},
    }.items():
        set_up(ReasonTemplate(text=text, **fields), actor=erin)

    def offered_texts(page):
        return [text for _pk, text in as_carol.get(page).context["form"]["ready"].field.choices]

    _first, *found = offered_texts(reverse("post-hide", args=[reply.pk]))
    assert found == ["First", "Second"]
    _first, *found = offered_texts(reverse("person-warn", args=[reply.author]))
    assert found == ["For members", "Second"]
    as_carol.post(reverse("post-hide", args=[reply.pk]), {"reason": "Moss"})
    hide_action = ModerationAction.objects.filter(act="hide-post").get()
    _first, *found = offered_texts(reverse("log-undo", args=[hide_action.pk]))
    assert found == ["First", "Second"]


def test_form_has_no_template_field_without_templates(as_carol, reply):
    form = as_carol.get(reverse("post-hide", args=[reply.pk])).context["form"]
    assert "ready" not in form.fields
    assert form.fields["reason"].required
