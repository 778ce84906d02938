"""Filters for search results."""

from __future__ import annotations

from django import template

from forum.presenters.search import mark_words

register = template.Library()
register.filter("mark_words", mark_words)
