"""Filters for times in the reader's time zone."""

from __future__ import annotations

from django import template

from forum.presenters import times

register = template.Library()
register.filter("time_tag", times.time_tag)
register.filter("day", times.day)
register.filter("date_of", times.date_of)
register.filter("calendar_day", times.calendar_day)
register.filter("moment_of", times.moment_of)
