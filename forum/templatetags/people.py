"""People as pages show them."""

from __future__ import annotations

from django import template

from forum.presenters.threads import hue_of

register = template.Library()
register.filter("hue", hue_of)
