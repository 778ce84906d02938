"""Constant parts of templates are rendered once, when the template is loaded."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Engine
from django.template.base import TextNode

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
    "text": "forum.templatetags.text",
}
TAGS = "{% load i18n static text %}"


def engine(*, folds: bool = True, **templates: str) -> Engine:
    loader = (
        "forum.lib.template_loader.Loader" if folds else "django.template.loaders.cached.Loader"
    )
    sources = ("django.template.loaders.locmem.Loader", templates)
    return Engine(loaders=[(loader, [sources])], libraries=LIBRARIES)


@pytest.mark.parametrize(
    "source",
    [
        "plain & <b>text</b>",
        '{% translate "Reply" %}',
        '{% translate "Fish & chips 100%" %}',
        '{% translate "unread" context "notices" %}',
        "{% blocktranslate trimmed %}\n  Two\n  lines\n{% endblocktranslate %}",
        '{% url "home" %}',
        '{% url "person-detail" "alice" %}',
        '{% static "css/forum.css" %}',
        "{% comment %}not shown{% endcomment %}a{# nor this #}b",
        '<a href="{% url "search" %}">{% translate "Search" %}</a>',
    ],
)
def test_constants_become_one_text(source: str) -> None:
    template = engine(page=TAGS + source).get_template("page")
    assert [type(node) for node in template.nodelist] == [TextNode]
    unfolded = engine(folds=False, page=TAGS + source).get_template("page")
    assert template.render(Context()) == unfolded.render(Context()) != ""


@pytest.mark.parametrize(
    "source",
    [
        "{{ name }}",
        "{% translate name %}",
        '{% translate "Reply" as said %}{{ said }}',
        '{% translate "Reply"|upper %}',
        "{% blocktranslate %}Reply to {{ name }}{% endblocktranslate %}",
        "{% blocktranslate with who=name %}by {{ who }}{% endblocktranslate %}",
        "{% blocktranslate count n=n %}A post{% plural %}{{ n }} posts{% endblocktranslate %}",
        "{% blocktranslate asvar said %}Reply{% endblocktranslate %}{{ said }}",
        '{% url "person-detail" name %}',
        '{% url "home" as address %}{{ address }}',
        "{% static path %}",
    ],
)
@pytest.mark.parametrize("name", ["alice", "b&b"])
def test_values_are_filled_in_each_time(source: str, name: str) -> None:
    values: dict[str, Any] = {"name": name, "n": 2, "path": "css/forum.css"}
    template = engine(page=TAGS + source).get_template("page")
    unfolded = engine(folds=False, page=TAGS + source).get_template("page")
    for _time in range(2):
        assert template.render(Context(values)) == unfolded.render(Context(values))
    other = template.render(Context({"name": "carol", "n": 1, "path": "img/icon.svg"}))
    assert other == unfolded.render(Context({"name": "carol", "n": 1, "path": "img/icon.svg"}))


def test_constants_inside_other_tags_are_folded() -> None:
    inside = '<i>{% translate "Reply" %}</i>{% url "home" %}'
    source = (
        f"{TAGS}{{% if a %}}{inside}{{% elif b %}}{inside}{{% else %}}{inside}{{% endif %}}"
        f"{{% for each in many %}}{inside}{{% empty %}}{inside}{{% endfor %}}"
        f"{{% with c=1 %}}{inside}{{% endwith %}}{{% filter one_line %}}{inside}{{% endfilter %}}"
    )
    template = engine(page=source).get_template("page")
    texts = {node.s for node in template.nodelist.get_nodes_by_type(TextNode)}
    assert texts - {""} == {"<i>Reply</i>/"}
    unfolded = engine(folds=False, page=source).get_template("page")
    for values in ({}, {"a": True}, {"b": True, "many": [1, 2]}):
        assert template.render(Context(values)) == unfolded.render(Context(values))


def test_blocks_still_replace_those_of_the_base() -> None:
    templates = {
        "base": TAGS + '{% translate "Boards" %}:{% block main %}{% url "home" %}{% endblock %}.',
        "page": '{% extends "base" %}{% block main %}{{ block.super }}{{ x }}{% endblock %}',
    }
    page = engine(**templates).get_template("page")
    assert page.render(Context({"x": 1})) == "Boards:/1."
    assert engine(**templates).get_template("base").render(Context()) == "Boards:/."


def test_address_that_is_not_there_is_an_error_only_where_it_is_shown() -> None:
    template = engine(page='{% if x %}{% url "nowhere" %}{% endif %}home').get_template("page")
    assert template.render(Context()) == "home"
    with pytest.raises(Exception, match="nowhere"):
        template.render(Context({"x": True}))
