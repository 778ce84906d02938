"""Mistakes in templates that Django would pass over fail in every test."""

from __future__ import annotations

import pytest
from django.template import Context, engines

from tests.strict_templates import TemplateMistake


class Example:
    title = "Hide"

    def counts(self, number: int) -> int:
        return number


def shown(source: str) -> str:
    template = engines["django"].engine.from_string(source)
    return template.render(Context({"example": Example(), "nobody": None}))


@pytest.mark.parametrize(
    "source",
    [
        "{% if example.counts %}never shown{% endif %}",
        "{{ example.counts }}",
        "{% if example.titel %}never shown{% endif %}",
        "{{ example.titel }}",
        "{{ titel }}",
        "{{ titel|upper }}",
        "{% with words=example.titel %}{{ words }}{% endwith %}",
        "{% for each in example.titles %}{{ each }}{% endfor %}",
    ],
)
def test_missing_values_and_calls_without_arguments_are_mistakes(source: str) -> None:
    with pytest.raises(TemplateMistake):
        shown(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ example.title }}", "Hide"),
        ("{% if optional %}never{% else %}fine{% endif %}", "fine"),
        ("{% if optional.part %}never{% else %}fine{% endif %}", "fine"),
        ("{% if nobody.name %}never{% else %}fine{% endif %}", "fine"),
        ("{% firstof optional example.title %}", "Hide"),
    ],
)
def test_optional_names_are_none(source: str, text: str) -> None:
    assert shown(source) == text
