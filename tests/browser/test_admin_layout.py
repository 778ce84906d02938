"""Layout of every admin page, at every usual width."""

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
from tests.browser.sample_data import SampleData

WIDTHS = (390, 768, 800, 1000, 1100, 1280, 1700)
# Elements that are too narrow to read, cut off, or overlap another element.
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


def page_urls(model: type[Model], sample_data: SampleData) -> Iterator[str]:
    """Yield the pages of the list, of one row, of a new row, and those that ask for a reason."""
    model_admin = admin_site.get_model_admin(model)
    name = f"admin:forum_{model._meta.model_name}"
    # For posts, choose one with a word that is longer than a phone is wide.
    filters = {"thread": sample_data.forked, "level": 1} if model is Post else {}
    row = model._default_manager.filter(**filters).earliest("pk")
    yield reverse(f"{name}_changelist")
    yield reverse(f"{name}_change", args=[row.pk])
    if isinstance(model_admin, ForAdministrators):
        yield reverse(f"{name}_add")
    if isinstance(model_admin, ModeratedAdmin):
        for action in bulk_actions(model_admin.kind):
            yield f"{reverse('moderate', args=[action.kind.kind, action.slug])}?id={row.pk}"


@pytest.mark.parametrize("model", admin_site._registry, ids=lambda model: model._meta.model_name)
def test_admin_page_is_readable_at_every_width(
    visit: Visit, sample_data: SampleData, model: type[Model]
) -> None:
    page = visit("/admin/", sample_data.erin)
    faults = {}
    for address in page_urls(model, sample_data):
        response = page.goto(address)
        assert response.ok, address
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            if found := page.evaluate(FAULTS):
                faults[address, width] = found
    assert faults == {}
