"""Filters for plain text."""

from django import template

from forum.lib.text import one_line

register = template.Library()
register.filter("one_line", one_line, is_safe=True)
