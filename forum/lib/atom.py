"""Atom feeds of conversations: Django's, with replies, removed entries and older pages.

RFC 4287 (Atom), 4685 (threading), 5005 (archives of a feed) and 6721 (deleted entries).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator

# What XML 1.0 cannot hold, not even escaped.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class InReplyTo:
    """The entry that another one answers: its id, its page and the feed that it is in."""

    ref: str
    href: str
    source: str


@dataclass(frozen=True, slots=True)
class Replies:
    """The feed of the replies to an entry, their number, and when the latest was written."""

    href: str
    count: int
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed; `content` is HTML."""

    id: str
    link: str
    title: str
    content: str
    author: str
    author_link: str | None
    published: datetime
    updated: datetime
    in_reply_to: InReplyTo | None
    replies: Replies


@dataclass(frozen=True, slots=True)
class DeletedEntry:
    """An entry that readers of the feed should drop."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed. `current` is the address of its newest page, `older` that of the next."""

    id: str
    title: str
    link: str
    address: str
    updated: datetime
    current: str
    entries: list[Entry] = field(default_factory=list)
    deleted: list[DeletedEntry] = field(default_factory=list)
    older: str | None = None

    def to_xml(self) -> str:
        """Return the feed as an XML document."""
        writer = _AtomWriter(
            title=_text(self.title),
            link=self.link,
            description=None,
            feed_url=self.address,
            feed_guid=self.id,
            page=self,
        )
        for entry in self.entries:
            writer.add_item(
                title=_text(entry.title),
                link=entry.link,
                description=None,  # type: ignore[arg-type]  # then it writes no summary
                unique_id=entry.id,
                author_name=_text(entry.author),
                author_link=entry.author_link,
                pubdate=entry.published,
                updateddate=entry.updated,
                entry=entry,
            )
        return str(writer.writeString("utf-8"))


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


class _AtomWriter(Atom1Feed):
    """Django's writer, with the elements that it does not know."""

    def root_attributes(self) -> dict[str, str]:
        return {
            **super().root_attributes(),
            "xmlns:thr": "http://purl.org/syndication/thread/1.0",
            "xmlns:at": "http://purl.org/atompub/tombstones/1.0",
            "xmlns:fh": "http://purl.org/syndication/history/1.0",
        }

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["page"].updated
        return updated

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        feed: Feed = self.feed["page"]
        if feed.address != feed.current:
            handler.addQuickElement("fh:archive")
            handler.addQuickElement("link", "", {"rel": "current", "href": feed.current})
        if feed.older:
            handler.addQuickElement("link", "", {"rel": "prev-archive", "href": feed.older})
        for deleted in feed.deleted:
            values = {"ref": deleted.id, "when": rfc3339_date(deleted.when)}
            handler.addQuickElement("at:deleted-entry", "", values)

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        if parent := entry.in_reply_to:
            values = {"ref": parent.ref, "href": parent.href, "source": parent.source}
            handler.addQuickElement("thr:in-reply-to", "", {**values, "type": "text/html"})
        values = {
            "rel": "replies",
            "type": "application/atom+xml",
            "href": entry.replies.href,
            "thr:count": str(entry.replies.count),
        }
        if entry.replies.updated:
            values["thr:updated"] = rfc3339_date(entry.replies.updated)
        handler.addQuickElement("link", "", values)
        handler.addQuickElement("content", _text(entry.content), {"type": "html"})
