"""`make bench-budgets`: the size of pages, scripts and styles against their budgets.

Bytes are counted as they leave the server; requests and layout shifts by a Chromium, if there is
one. Ends with status 1 when something is over its budget.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from common import ROOT, bench_database, finish, say, table
from load import World
from playwright.sync_api import Page, sync_playwright
from served import Server, served

from forum.models import Thread

POSTS = 200
PHONE = {"width": 390, "height": 844}
STATIC = ROOT / "static"
FONT = re.compile(rb'<link rel="preload" href="[^"]*/fonts/([^".]+)\.[^"]*woff2"')
TEXT = re.compile(rb'(<div class="text"[^>]*>).*?(</div>\s*<footer)', re.DOTALL)
POST = re.compile(rb'<li class="node"><article class="post".*?</article>', re.DOTALL)

# Sums up what moves without anybody having asked for it.
WATCH = """window.shift = 0; new PerformanceObserver((list) => {
  for (const moved of list.getEntries()) window.shift += moved.hadRecentInput ? 0 : moved.value;
}).observe({type: "layout-shift", buffered: true});"""
TURNS = 30  # of the wheel, of so many …
PIXELS = 600


@dataclass
class Budget:
    what: str
    most: float
    unit: str
    measured: float | None  # None: nothing here to measure it with

    @property
    def result(self) -> str:
        if self.measured is None:
            return "not measured"
        return "ok" if self.measured <= self.most else "OVER"


def main() -> None:
    with bench_database():
        say("Loading conversations ...")
        world = World()
        thread = world.thread(POSTS)
        with served() as server:
            budgets = [*of_bytes(server, thread), *of_browser(server, thread)]
    table(
        "Budgets",
        ["", "at most", "measured", "unit", ""],
        [
            [b.what, b.most, "" if b.measured is None else b.measured, b.unit, b.result]
            for b in budgets
        ],
    )
    finish({b.what: {"most": b.most, "measured": b.measured} for b in budgets})
    sys.exit(any(b.result == "OVER" for b in budgets))


def of_bytes(server: Server, thread: Thread) -> list[Budget]:
    page = server.get(thread.get_absolute_url())
    bare = TEXT.sub(rb"\1\2", page)
    posts = POST.findall(bare)
    shells = b"".join(posts)
    css = (STATIC / "css/forum.css").read_bytes()
    script = (STATIC / "js/forum.js").read_bytes()
    fonts = [STATIC / f"fonts/{name.decode()}.woff2" for name in FONT.findall(page)]
    return [
        Budget("HTML of a post without its text", 1100, "B", len(shells) // len(posts)),
        Budget("the same, gzipped, in its page", 200, "B", len(gz(shells)) // len(posts)),
        Budget(f"thread of {POSTS} posts, gzipped", 60, "kB", kilo(gz(page))),
        Budget("CSS, gzipped", 10, "kB", kilo(gz(css))),
        Budget("JS of ours before a composer, gzipped", 8, "kB", kilo(gz(script))),
        Budget(
            "fonts before the first text",
            60,
            "kB",
            kilo(b"".join(font.read_bytes() for font in fonts)),
        ),
        Budget("fonts preloaded", 1, "files", len(fonts)),
    ]


def gz(body: bytes) -> bytes:
    return gzip.compress(body, 6)


def kilo(body: bytes) -> float:
    return len(body) / 1000


def of_browser(server: Server, thread: Thread) -> list[Budget]:
    """Return the requests of a cold visit, and the layout shift while a phone scrolls through."""
    address = f"http://localhost:{server.port}{thread.get_absolute_url()}"
    requests: list[str] = []
    cold = shift = None
    with sync_playwright() as playwright:
        chromium = next(
            filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), "chromium"))),
            playwright.chromium.executable_path,
        )
        if Path(chromium).exists():
            # The sandbox of Chromium does not work for root.
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
            page: Page = browser.new_page(viewport=PHONE)
            page.add_init_script(WATCH)
            page.on("request", lambda request: requests.append(request.url))
            page.goto(address, wait_until="networkidle")
            cold = len(requests)  # what comes as somebody moves is no part of it
            for _turn in range(TURNS):
                page.mouse.wheel(0, PIXELS)
                page.wait_for_timeout(50)
            shift = page.evaluate("window.shift")
            browser.close()
    return [
        Budget("requests of a cold visit", 6, "", cold),
        Budget("cumulative layout shift", 0.02, "", shift),
    ]


if __name__ == "__main__":
    main()
