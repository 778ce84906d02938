"""A filter for the choices of a member for a thread in a list."""

from django import template

from forum.presenters.subscriptions import thread_choices

register = template.Library()
register.simple_tag(thread_choices)
