"""Nothing is forgotten: migrations, the words of templates, production's settings.

What the documentation must have is in `test_docs.py`.
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


def test_production_settings_have_nothing_to_warn_of() -> None:
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


# What is left of a template without its tags is words; those go through translations.
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
TRANSLATED = re.compile(r"\{% (blocktrans(?:late)?)\b.*?\{% end\1 %\}", re.DOTALL)
CLASSES = re.compile(r"\{% block bodyclass %\}.*?\{% endblock %\}")  # of the admin's body
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
SHOWN = re.compile(r"\b(?:aria-label|title|alt|placeholder)=\"([^\"]*)\"")
HTML = re.compile(r"<(?:script|svg|kbd)\b.*?</(?:script|svg|kbd)>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def words_untranslated(text: str) -> list[str]:
    text = re.sub(r"&\w+;", " ", COMMENT.sub(" ", text))
    text = TAG.sub("", TRANSLATED.sub("", CLASSES.sub("", text)))
    shown = " ".join(SHOWN.findall(text))
    return WORD.findall(HTML.sub(" ", text)) + WORD.findall(shown)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_word_of_a_template_can_be_translated(template: Path) -> None:
    assert words_untranslated(template.read_text()) == []


@pytest.mark.parametrize(
    "wrong", ["<p>Hello</p>", '<a aria-label="Close">×</a>', "{% if a %}Yes{% endif %}"]
)
def test_check_for_words_finds_them(wrong: str) -> None:
    assert words_untranslated(wrong)
