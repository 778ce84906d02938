"""Filters for numbers."""

from django import template

from forum.lib.numbers import capped

register = template.Library()
register.filter("capped", capped)
