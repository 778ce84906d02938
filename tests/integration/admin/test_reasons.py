"""Reasons that stand ready: set up by administrators, in the log, chosen by moderators."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.errors import Conflict, NotAllowed
from forum.models import ModerationAction, ModerationNotification, ReasonTemplate
from forum.moderation.configuration import set_up, take_down
from forum.moderation.undo import undo

LIST = "admin:forum_reasontemplate"
FORM = {"text": "Spam, again", "deeds": ["hide", "remove"], "position": "1", "is_active": "on"}


@pytest.fixture
def spam(erin) -> ReasonTemplate:
    template = ReasonTemplate(text="Spam", deeds=["hide"])
    set_up(template, actor=erin)
    return template


def entries():
    return ModerationAction.objects.filter(act="configure")


def said(action) -> tuple:
    effect = action.effects.get()
    before, after = effect.before["row"], effect.after["row"]
    return before and before["text"], after and after["text"]


def test_administrator_adds_changes_and_deletes_one_each_with_one_record(as_erin, erin):
    assert as_erin.post(reverse(f"{LIST}_add"), FORM | {"why": "Often"}).status_code == 302
    template = ReasonTemplate.objects.get()
    assert (template.text, template.deeds) == ("Spam, again", ["hide", "remove"])
    assert [(each.actor, each.reason, said(each)) for each in entries()] == [
        (erin, "Often", (None, "Spam, again"))
    ]
    page = reverse(f"{LIST}_change", args=[template.pk])
    assert as_erin.post(page, FORM | {"text": "Spam"}).status_code == 302
    assert said(entries()[0]) == ("Spam, again", "Spam")
    assert as_erin.post(page, FORM | {"text": "Spam"}).status_code == 302
    assert entries().count() == 2, "the same again changes nothing"
    page = reverse(f"{LIST}_delete", args=[template.pk])
    assert as_erin.post(page, {"post": "yes"}).status_code == 302
    assert not ReasonTemplate.objects.exists()
    assert said(entries()[0]) == ("Spam", None)
    assert entries().count() == 3
    assert not ModerationNotification.objects.exists()


def test_each_change_is_undone(spam, erin):
    added = entries()[0]
    spam.text = "Advertising"
    changed = set_up(spam, actor=erin)
    undo(changed, actor=erin, reason="No")
    assert ReasonTemplate.objects.get().text == "Spam"
    deleted = take_down(spam, actor=erin)
    back = undo(deleted, actor=erin, reason="No").action
    assert (back.act, back.undoes) == ("configure", deleted)
    again = ReasonTemplate.objects.get()
    assert (again.pk, again.text, again.deeds) == (spam.pk, "Spam", ["hide"])
    with pytest.raises(Conflict):
        undo(added, actor=erin, reason="It was changed since")
    assert undo(deleted, actor=erin, reason="Twice").action == back
    assert take_down(ReasonTemplate(pk=999), actor=erin) is None


def test_only_administrators_set_up_and_undo(as_carol, carol, spam):
    for page in ("changelist", "add"):
        assert as_carol.get(reverse(f"{LIST}_{page}")).status_code == 403
    spam.text = "Mine"
    for act in (set_up, take_down):
        with pytest.raises(NotAllowed):
            act(spam, actor=carol)
    with pytest.raises(NotAllowed):
        undo(entries()[0], actor=carol, reason="No")
    assert ReasonTemplate.objects.get().text == "Spam"
    assert entries().count() == 1


def test_bad_input_is_answered_on_the_form(as_erin):
    for odd in ({"text": ""}, {"text": "x" * 501}, {"deeds": ["nonsense"]}, {"position": "x"}):
        answer = as_erin.post(reverse(f"{LIST}_add"), FORM | odd)
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors
    assert not ReasonTemplate.objects.exists()
    assert not entries().exists()


def test_log_shows_what_changed_at_the_desk_and_to_nobody_else(as_erin, as_alice, spam):
    entry = entries()[0]
    page = as_erin.get(reverse("admin:forum_moderationaction_change", args=[entry.pk]))
    assert "Spam" in page.content.decode()
    assert reverse(f"{LIST}_change", args=[spam.pk]) in page.content.decode()
    assert as_alice.get(entry.get_absolute_url()).status_code == 404


# -- Choosing one ---------------------------------------------------------------------------------


def test_moderator_chooses_a_reason_without_javascript(as_carol, reply, spam):
    page = reverse("post-hide", args=[reply.pk])
    assert f'<option value="{spam.pk}">Spam</option>' in as_carol.get(page).content.decode()
    answer = as_carol.post(page, {"ready": ""})
    assert answer.status_code == 422
    assert "or choose a template" in answer.content.decode()
    assert as_carol.post(page, {"ready": "999"}).status_code == 422
    assert as_carol.post(page, {"ready": str(spam.pk)}).status_code == 303
    assert ModerationAction.objects.filter(act="hide-post").get().reason == "Spam"


def test_words_that_were_written_hold_before_those_chosen(as_carol, reply, spam):
    page = f"/moderate/post/hide/?id={reply.pk}"
    form = {"ready": str(spam.pk), "reason": "Spam for shoes"}
    assert as_carol.post(page, form).status_code == 303
    assert ModerationAction.objects.filter(act="hide-post").get().reason == "Spam for shoes"


def test_reasons_are_offered_in_order_for_their_deeds_while_they_are_active(as_carol, reply, erin):
    for text, fields in {
        "Second": {"position": 2},
        "First": {"position": 1, "deeds": ["hide", "undo"]},
        "For members": {"deeds": ["warn"]},
        "Gone": {"is_active": False},
    }.items():
        set_up(ReasonTemplate(text=text, **fields), actor=erin)

    def offered(page):
        return [words for _pk, words in as_carol.get(page).context["form"]["ready"].field.choices]

    _first, *found = offered(reverse("post-hide", args=[reply.pk]))
    assert found == ["First", "Second"]
    _first, *found = offered(reverse("person-warn", args=[reply.author]))
    assert found == ["For members", "Second"]
    as_carol.post(reverse("post-hide", args=[reply.pk]), {"reason": "Moss"})
    hidden = ModerationAction.objects.filter(act="hide-post").get()
    _first, *found = offered(reverse("log-undo", args=[hidden.pk]))
    assert found == ["First", "Second"]


def test_nothing_is_offered_where_nothing_is_set_up(as_carol, reply):
    form = as_carol.get(reverse("post-hide", args=[reply.pk])).context["form"]
    assert "ready" not in form.fields
    assert form.fields["reason"].required
