"""`make bench-lighthouse`: Lighthouse's scores of a thread's page, on a phone and a desktop.

Needs Node with npx, which fetches Lighthouse, and a Chromium. The performance score varies between
runs, so the median of five counts. Ends with status 1 when a score is too low.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from typing import Any

from common import bench_database, finish, say, table
from load import World
from served import served

# The last version that runs on Node 18.
LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = 5
POSTS = 60
DEVICES = {"desktop": ["--preset=desktop"], "phone": []}
CATEGORIES = ("performance", "accessibility", "best-practices")
# The lowest acceptable scores; layout shift must stay below its limit.
MINIMUM = {
    "desktop": {"performance": 95, "accessibility": 100, "best-practices": 100},
    "phone": {"performance": 90, "accessibility": 100, "best-practices": 100},
}
MOST_SHIFT = 0.02

Report = dict[str, float]


def main() -> None:
    npx = shutil.which("npx") or sys.exit("This needs npx, which comes with Node (nodejs, npm).")
    with bench_database():
        say("Loading conversations ...")
        thread = World().thread(POSTS)
        with served() as server:
            address = f"http://localhost:{server.port}{thread.get_absolute_url()}"
            server.get(thread.get_absolute_url())  # the first page of a process is no one's page
            medians = {device: median_of(npx, address, device) for device in DEVICES}
    table(
        f"Lighthouse, thread of {POSTS} posts (median of {RUNS})",
        ["", *CATEGORIES, "layout shift", "first text ms", "largest ms", "blocked ms"],
        [[device, *figures.values()] for device, figures in medians.items()],
    )
    finish(dict(medians))
    sys.exit(any(is_under(device, figures) for device, figures in medians.items()))


def median_of(npx: str, address: str, device: str) -> Report:
    reports = [report_of(npx, address, device) for _run in range(RUNS)]
    return {name: statistics.median(report[name] for report in reports) for name in reports[0]}


def report_of(npx: str, address: str, device: str) -> Report:
    """Return one run: categories out of 100, layout shift, and times in milliseconds."""
    flags = "--headless=new --disable-gpu" + (" --no-sandbox" if os.geteuid() == 0 else "")
    command = [
        *(npx, "--yes", LIGHTHOUSE, address, *DEVICES[device]),
        *("--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}"),
        f"--chrome-flags={flags}",
    ]
    chromium = shutil.which(os.environ.get("CHROMIUM", "")) or shutil.which("chromium")
    environment = os.environ | ({"CHROME_PATH": chromium} if chromium else {})
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode:  # once in a while a Chromium does not start
        done = subprocess.run(command, capture_output=True, env=environment, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    audits = report["audits"]
    for name in CATEGORIES[1:]:
        for part in report["categories"][name]["auditRefs"]:
            if part["weight"] and audits[part["id"]]["score"] == 0:
                say(f"{device}: {audits[part['id']]['title']}")
    return {
        **{name: 100 * report["categories"][name]["score"] for name in CATEGORIES},
        "layout shift": audits["cumulative-layout-shift"]["numericValue"],
        "first text ms": audits["first-contentful-paint"]["numericValue"],
        "largest ms": audits["largest-contentful-paint"]["numericValue"],
        "blocked ms": audits["total-blocking-time"]["numericValue"],
    }


def is_under(device: str, figures: Report) -> bool:
    least = MINIMUM[device]
    return figures["layout shift"] > MOST_SHIFT or any(
        figures[name] < mark for name, mark in least.items()
    )


if __name__ == "__main__":
    main()
