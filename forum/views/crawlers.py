"""Pages for crawlers: robots.txt says what not to read, sitemaps say what there is."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from forum.presenters.feeds import absolute
from forum.queries.sitemaps import (
    Location,
    board_locations,
    count_files,
    people_locations,
    thread_locations,
)
from forum.views.read_only import read_only

# Posts are read in their threads; the rest are forms, and the same posts in other orders.
ROBOTS = """\
User-agent: *
{usage}Disallow: /account
Disallow: /admin/
Disallow: /appeals/
Disallow: /b/*/new/
Disallow: /drafts/
Disallow: /inbox/
Disallow: /mail/
Disallow: /p/
Disallow: /pending/
Disallow: /people/
Disallow: /search/
Disallow: /t/*/arrivals/
Disallow: /t/*/go/
Disallow: /t/*/map/
Disallow: /t/*/next/
Disallow: /t/*/*?*at=
Disallow: /t/*/*?*find=
Disallow: /t/*/*?*fold=
Disallow: /t/*/*?*order=

Sitemap: {sitemap}
"""
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
SITEMAP_CONTENT_TYPE = "application/xml; charset=utf-8"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers what not to read, and what they may do with the rest."""
    usage = f"Content-Usage: {settings.CONTENT_USAGE}\n" if settings.CONTENT_USAGE else ""
    text = ROBOTS.format(usage=usage, sitemap=absolute("/sitemap.xml"))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@read_only
def sitemap(request: HttpRequest) -> HttpResponse:
    """List the files of the sitemap."""
    threads, people = count_files()
    files: list[Location] = [("/sitemap-boards.xml", None)]
    files += [(f"/sitemap-threads-{number}.xml", None) for number in range(1, threads + 1)]
    files += [(f"/sitemap-people-{number}.xml", None) for number in range(1, people + 1)]
    return _respond("sitemapindex", "sitemap", files)


@read_only
def sitemap_boards(request: HttpRequest) -> HttpResponse:
    """List the front page, the boards and the tags."""
    return _respond("urlset", "url", board_locations())


@read_only
def sitemap_threads(request: HttpRequest, file: int) -> HttpResponse:
    """List the threads of one range of ids."""
    if file > count_files()[0]:
        raise Http404
    return _respond("urlset", "url", thread_locations(file))


@read_only
def sitemap_people(request: HttpRequest, file: int) -> HttpResponse:
    """List the people of one range of ids who have written."""
    if file > count_files()[1]:
        raise Http404
    return _respond("urlset", "url", people_locations(file))


def _respond(root: str, item: str, locations: Iterable[Location]) -> HttpResponse:
    output = StringIO()
    xml = SimplerXMLGenerator(output, "utf-8")
    xml.startDocument()
    xml.startElement(root, AttributesImpl({"xmlns": SITEMAP}))
    for path, changed_at in locations:
        xml.startElement(item, AttributesImpl({}))
        xml.addQuickElement("loc", f"{settings.SITE_URL}{path}")
        if changed_at:
            xml.addQuickElement("lastmod", changed_at.isoformat(timespec="seconds"))
        xml.endElement(item)
    xml.endElement(root)
    return HttpResponse(output.getvalue(), content_type=SITEMAP_CONTENT_TYPE)
