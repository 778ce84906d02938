"""Filters for people."""

from __future__ import annotations

from django import template

from forum.lib.avatars import avatar_colour

register = template.Library()
register.filter("hue", avatar_colour)
