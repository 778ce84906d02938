"""What a member can choose for the threads of a list."""

from django import template

from forum.presenters.subscriptions import thread_choices

register = template.Library()
register.simple_tag(thread_choices)
