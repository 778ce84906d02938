"""Reading pages as people do: posts, links, buttons, forms and messages.

A page is parsed once, and strictly: a tag that is not closed, or closed in the wrong place, fails
the test. White space in text is collapsed, as in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import TreeBuilder, tostring

from django.http import HttpResponse
from django.test import Client

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_UNSEEN = frozenset(("head", "noscript", "script", "style", "template"))
_SIMPLE = re.compile(
    r"(?P<tag>^[a-z][\w-]*)|#(?P<id>[\w-]+)|\.(?P<cls>[\w-]+)"
    r'|\[(?P<name>[\w-]+)(?:(?P<op>[*^]?=)"(?P<value>[^"]*)")?\]'
)


class _Parser(HTMLParser):
    """Build a tree of elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self._builder = TreeBuilder()
        self._builder.start("document", {})
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"
        self._builder.end("document")
        self.root = self._builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes <{self._open[-1]}>, line {self.getpos()[0]}"
        self._builder.end(self._open.pop())

    def handle_data(self, data: str) -> None:
        self._builder.data(data)


class Element:
    """A part of a page."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def __repr__(self) -> str:
        start = tostring(self._node, encoding="unicode", method="html").partition(">")
        return f"{start[0]}> {self.text[:500]}"

    def __getitem__(self, attribute: str) -> str:
        return self._node.attrib[attribute]

    def __contains__(self, text: str) -> bool:
        """Return whether a reader of this part sees `text`."""
        return text in self.text

    @property
    def tag(self) -> str:
        return self._node.tag

    @property
    def attributes(self) -> set[str]:
        return set(self._node.attrib)

    @property
    def classes(self) -> list[str]:
        return self._node.get("class", "").split()

    def get(self, attribute: str, default: str = "") -> str:
        return self._node.get(attribute, default)

    @cached_property
    def text(self) -> str:
        """Return the text that is shown, without scripts and the like."""
        return " ".join("".join(_shown(self._node)).split())

    @property
    def source(self) -> str:
        """Return the text with all its white space, for example of a textarea."""
        return "".join(self._node.itertext())

    def find_all(self, selector: str) -> list[Element]:
        """Return the elements that match a CSS selector, in order.

        Supported are tags, `#id`, `.class`, `[name]`, `[name="value"]` (also `^=` and `*=`),
        descendants (`ul a`) and alternatives (`h1, h2`).
        """
        outside = r"(?![^\[]*\])"  # of brackets
        parts = re.split(rf",\s*{outside}", selector)
        paths = [re.split(rf"\s+{outside}", part) for part in parts]
        return [
            Element(node)
            for node, above in _walk(self._node, ())
            if any(_matches_path(node, above, path) for path in paths)
        ]

    def find(self, selector: str) -> Element:
        """Return the only element that matches a CSS selector."""
        found = self.find_all(selector)
        assert len(found) == 1, f"{len(found)} elements match {selector!r} in {self!r}"
        return found[0]

    def has(self, selector: str) -> bool:
        return bool(self.find_all(selector))

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.find_all(selector)]

    @property
    def links(self) -> dict[str, str]:
        """Return the addresses of links by their text; of links with the same text, the first."""
        links: dict[str, str] = {}
        for link in self.find_all("a[href]"):
            links.setdefault(link.text, link["href"])
        return links

    @property
    def addresses(self) -> list[str]:
        """Return the address of each link, in order."""
        return [link["href"] for link in self.find_all("a[href]")]

    def link(self, text: str) -> Element:
        """Return the first link of which the text is `text`, or begins with it."""
        links = self.find_all("a[href]")
        found = [link for link in links if link.text == text]
        found += [link for link in links if link.text.startswith(text)]
        assert found, f"no link {text!r} among {[link.text for link in links]}"
        return found[0]

    @property
    def headings(self) -> list[str]:
        return self.texts("h1, h2, h3, h4, h5, h6")

    @property
    def buttons(self) -> list[str]:
        return self.texts("button")

    @cached_property
    def forms(self) -> list[Form]:
        return [Form(element) for element in self.find_all("form")]

    def form(self, button: str) -> Form:
        """Return the first form with that button."""
        form = next((form for form in self.forms if button in form.buttons), None)
        assert form, f"no button {button!r} among {[list(form.buttons) for form in self.forms]}"
        return form


@dataclass
class Form:
    """A form: its address, its fields as filled in, and its submit buttons by text."""

    element: Element
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)  # of each select element
    addresses: dict[str, str] = field(default_factory=dict)  # of buttons with one of their own

    def __post_init__(self) -> None:
        for control in self.element.find_all("input, textarea, select, button"):
            name, value, kind = control.get("name"), control.get("value"), control.get("type")
            if control.tag == "button" or kind == "submit":
                text = control.text if control.tag == "button" else value
                self.buttons[text] = {name: value} if name else {}
                if control.get("formaction"):
                    self.addresses[text] = control["formaction"]
            elif control.tag == "textarea":
                self.fields[name] = control.source.removeprefix("\n")
            elif control.tag == "select":
                self._add_select(name, control.find_all("option"))
            elif name and (kind not in ("checkbox", "radio") or "checked" in control.attributes):
                self._add_value(name, value)

    def _add_value(self, name: str, value: str) -> None:
        before = self.fields.get(name)
        if before is None:
            self.fields[name] = value
        else:
            self.fields[name] = [*before, value] if isinstance(before, list) else [before, value]

    def _add_select(self, name: str, options: list[Element]) -> None:
        self.options[name] = [option.get("value") for option in options]
        for option in options:
            if "selected" in option.attributes:
                self.fields[name] = option.get("value")

    @property
    def action(self) -> str:
        return self.element.get("action")

    @property
    def names(self) -> set[str]:
        """Return the names of all fields and buttons."""
        return {each["name"] for each in self.element.find_all("[name]")}


class PostElement(Element):
    """A post of a thread's page, without the replies below it."""

    @property
    def id(self) -> str:
        return self["id"]

    @property
    def byline(self) -> str:
        """Return the post's heading, with its author and the author of the parent."""
        return (self.find_all("h3") or self.find_all(".byline"))[0].text

    @property
    def body(self) -> str:
        return self.find("div.text").text

    @property
    def notes(self) -> list[str]:
        return self.texts(".note")

    @property
    def is_tombstone(self) -> bool:
        return "tombstone" in self.classes

    @property
    def is_unread(self) -> bool:
        return "is-unread" in self.classes


class Page(Element):
    """A whole page, or a fragment for htmx."""

    def __init__(self, response: HttpResponse | str) -> None:
        self.html = response if isinstance(response, str) else response.content.decode()
        super().__init__(_Parser(self.html).root)

    @property
    def is_fragment(self) -> bool:
        return not self.has("html")

    @property
    def title(self) -> str:
        return "".join(self.find("title")._node.itertext()).strip()

    @property
    def messages(self) -> list[str]:
        """Return the forum's messages about the last action."""
        return self.texts(".messages .note")

    @property
    def errors(self) -> list[str]:
        """Return the errors of a form."""
        return self.texts(".errorlist li, .summary li")

    @property
    def error_links(self) -> set[str]:
        """Return the addresses in the summary of errors."""
        return {link["href"] for link in self.find_all(".summary a")}

    @cached_property
    def posts(self) -> list[PostElement]:
        return [PostElement(element._node) for element in self.find_all("article.post")]

    @property
    def post_ids(self) -> list[int]:
        return [_number(post._node) for post in self.posts]

    @cached_property
    def parents(self) -> dict[int, int | None]:
        """Return the parent of each post, as the lists of the page are nested."""
        parents: dict[int, int | None] = {}
        for node, above in _walk(self._node, ()):
            if _matches(node, "article.post"):
                nodes_above = [each for each in above if _matches(each, "li.node")][:-1]
                heads = [each.find("article") for each in reversed(nodes_above)]
                head = next((head for head in heads if head is not None), None)
                parents[_number(node)] = None if head is None else _number(head)
        return parents

    @property
    def depth(self) -> int:
        """Return the number of levels of nested lists of posts."""
        nodes = (above for node, above in _walk(self._node, ()) if _matches(node, "li.node"))
        depths = [1 + sum(_matches(each, "li.node") for each in above) for above in nodes]
        return max(depths, default=0)

    def post(self, post_id: str | int) -> PostElement:
        """Return the post with that primary key, or with that id in the page (`p12`)."""
        wanted = post_id if isinstance(post_id, str) else f"p{post_id}"
        found = [post for post in self.posts if post.id == wanted]
        assert len(found) == 1, f"{len(found)} posts {wanted} among {[p.id for p in self.posts]}"
        return found[0]


def press(
    client: Client, page: str, button: str, *, follow: bool = False, **fields: Any
) -> HttpResponse:
    """Open `page`, fill in `fields` and press `button`; fail when the page has no such button.

    With `follow`, go where the answer redirects to.
    """
    response = client.get(page)
    assert response.status_code == 200, (page, response.status_code)
    return press_in(client, response, button, follow=follow, **fields)


def press_in(
    client: Client, response: HttpResponse, button: str, *, follow: bool = False, **fields: Any
) -> HttpResponse:
    """Fill in `fields` in a page that was just opened and press `button`."""
    form = Page(response).form(button)
    sent = form.fields | fields | form.buttons[button]
    address = (
        form.addresses.get(button)
        or form.action
        or response.request["PATH_INFO"] + _query(response)
    )
    return client.post(address, sent, follow=follow)


def _number(post: Node) -> int:
    return int(post.get("id", "").removeprefix("p"))


def _query(response: HttpResponse) -> str:
    query = response.request["QUERY_STRING"]
    return f"?{query}" if query else ""


def _shown(node: Node) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        if child.tag not in _UNSEEN:
            gap = "" if child.tag in _INLINE else " "
            yield gap
            yield from _shown(child)
            yield gap
        yield child.tail or ""


_INLINE = frozenset(
    "a abbr b bdi cite code del em i ins kbd mark q s small span strong sub sup time u".split()
)


def _walk(node: Node, above: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Yield each node inside `node` with the nodes above it, the outermost first."""
    for child in node:
        yield child, above
        yield from _walk(child, (*above, child))


def _matches_path(node: Node, above: tuple[Node, ...], path: list[str]) -> bool:
    *outer, last = path
    if not _matches(node, last):
        return False
    nodes_above = iter(reversed(above))
    return all(any(_matches(each, part) for each in nodes_above) for part in reversed(outer))


def _matches(node: Node, simple: str) -> bool:
    parts = list(_SIMPLE.finditer(simple))
    assert "".join(part[0] for part in parts) == simple, f"unknown selector {simple!r}"
    return all(_matches_part(node, part) for part in parts)


def _matches_part(node: Node, part: re.Match[str]) -> bool:
    if part["tag"]:
        return node.tag == part["tag"]
    if part["id"]:
        return node.get("id") == part["id"]
    if part["cls"]:
        return part["cls"] in node.get("class", "").split()
    value = node.get(part["name"])
    if value is None or part["op"] is None:
        return value is not None
    wanted = part["value"]
    if part["op"] == "^=":
        return value.startswith(wanted)
    return wanted in value if part["op"] == "*=" else value == wanted
