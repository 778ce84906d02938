"""Ids and names in URLs: limited to what the database can hold, so that others are not found."""

from __future__ import annotations

import re
from unicodedata import normalize

from django.http import Http404, QueryDict
from django.urls.converters import IntConverter, StringConverter

from forum.lib.names import has_name_characters

ID_PARAM = re.compile(r"([abpstn])([1-9][0-9]{0,17})")


class IdConverter(IntConverter):
    """A path converter for positive numbers of at most 18 digits, without leading zeros."""

    regex = "[1-9][0-9]{0,17}"


class SubscriptionTargetConverter(StringConverter):
    """A path converter for what can be followed: `p12` a post, `t5` a thread, `b3`, `g7` a tag."""

    regex = "[bgpt][1-9][0-9]{0,17}"


class NameConverter(StringConverter):
    """A path converter for names of members, in any script and form."""

    def to_python(self, value: str) -> str:
        if not has_name_characters(normalize("NFKC", value)):
            raise ValueError
        return value


def id_param(query: QueryDict, name: str, letter: str) -> int | None:
    """Return the id in a query parameter such as `p12`; None when it is missing.

    `letter` says of what: `p` post, `t` thread, `n` notification, `a` moderation action, `b`
    bookmark, `s` subscription. Raises `Http404` when the value has another form.
    """
    if name not in query:
        return None
    match = ID_PARAM.fullmatch(str(query[name]))
    if match is None or match[1] != letter:
        raise Http404
    return int(match[2])
