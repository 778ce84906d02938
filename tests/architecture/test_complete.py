"""Completeness: migrations, translatable templates, and production's settings.

The required pages of the documentation are checked in `test_docs.py`.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted(
    (ROOT / "templates").rglob("*.txt")
)


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.slow
def test_production_settings_pass_the_deployment_check() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": os.environ.get("DATA_DIR", ""),
        "PRODUCTION": "yes",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SITE_URL": "https://forum.example",
        "ALLOWED_HOSTS": "forum.example",
        "DATABASE_URL": "postgresql://nobody@localhost/none",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# The text that is left of a template without its tags has to be translatable.
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
TRANSLATED_BLOCK = re.compile(r"\{% (blocktrans(?:late)?)\b.*?\{% end\1 %\}", re.DOTALL)
BODY_CLASSES = re.compile(
    r"\{% block bodyclass %\}.*?\{% endblock %\}"
)  # of the body element of the admin
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
TEXT_ATTRIBUTES = re.compile(r"\b(?:aria-label|title|alt|placeholder)=\"([^\"]*)\"")
HTML = re.compile(r"<(?:script|svg|kbd)\b.*?</(?:script|svg|kbd)>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def untranslated_words(text: str) -> list[str]:
    text = re.sub(r"&\w+;", " ", COMMENT.sub(" ", text))
    text = TAG.sub("", TRANSLATED_BLOCK.sub("", BODY_CLASSES.sub("", text)))
    attribute_texts = " ".join(TEXT_ATTRIBUTES.findall(text))
    return WORD.findall(HTML.sub(" ", text)) + WORD.findall(attribute_texts)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_word_of_a_template_is_translatable(template: Path) -> None:
    assert untranslated_words(template.read_text()) == []


@pytest.mark.parametrize(
    "wrong", ["<p>Hello</p>", '<a aria-label="Close">×</a>', "{% if a %}Yes{% endif %}"]
)
def test_check_finds_untranslated_words(wrong: str) -> None:
    assert untranslated_words(wrong)
