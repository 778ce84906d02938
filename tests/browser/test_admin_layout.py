"""Every page of the admin has room for what is on it, at every width that people use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db.models import Model
from django.urls import reverse

from forum.admin import admin_site
from forum.admin.moderated import ModeratedAdmin
from forum.admin.site import ForAdministrators
from forum.models import Post
from forum.moderation.offers import bulk_actions
from tests.browser.conftest import Visit
from tests.browser.world import World

WIDTHS = (390, 768, 800, 1000, 1100, 1280, 1700)
# What is too narrow to be read, cut off, or lies over something else.
FAULTS = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)]
        .filter((one) => one.checkVisibility());
    const box = (one) => one.getBoundingClientRect();
    const faults = [];
    if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
    for (const one of all(".form-row, .readonly, .form-row :is(textarea, [type=text])")) {
        if (box(one).width < 150) faults.push(`narrow: ${one.outerHTML.slice(0, 80)}`);
    }
    for (const one of all(".form-row, .readonly, #changelist .results")) {
        if (one.scrollWidth > one.clientWidth) faults.push(`cut: ${one.outerHTML.slice(0, 80)}`);
    }
    const [tools] = all(".object-tools");
    const [above, below] = [all("#content > :is(h1, h2)").at(-1), all("fieldset, #changelist")[0]];
    if (tools && box(tools).top < box(above).bottom) faults.push("tools over the heading");
    if (tools && box(tools).bottom > box(below).top) faults.push("tools over the page");
    return faults;
}"""


def pages(model: type[Model], world: World) -> Iterator[str]:
    """The list, the page of one row, the page of a new one, and those that ask for a reason."""
    its = admin_site.get_model_admin(model)
    name = f"admin:forum_{model._meta.model_name}"
    # Of posts, one with a word that is longer than a phone is wide.
    which = {"thread": world.forked, "level": 1} if model is Post else {}
    row = model._default_manager.filter(**which).earliest("pk")
    yield reverse(f"{name}_changelist")
    yield reverse(f"{name}_change", args=[row.pk])
    if isinstance(its, ForAdministrators):
        yield reverse(f"{name}_add")
    if isinstance(its, ModeratedAdmin):
        for action in bulk_actions(its.kind):
            yield f"{reverse('moderate', args=[action.kind.kind, action.slug])}?id={row.pk}"


@pytest.mark.parametrize("model", admin_site._registry, ids=lambda model: model._meta.model_name)
def test_admin_page_is_wide_enough_to_be_read(
    visit: Visit, world: World, model: type[Model]
) -> None:
    page = visit("/admin/", world.erin)
    faults = {}
    for address in pages(model, world):
        response = page.goto(address)
        assert response.ok, address
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            if found := page.evaluate(FAULTS):
                faults[address, width] = found
    assert faults == {}
