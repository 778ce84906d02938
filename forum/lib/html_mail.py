"""HTML of a mail as Markdown, converted in a process with limits of its own.

Run as a script it is that process: HTML comes on standard input, Markdown goes to standard output.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from contextlib import suppress

MEMORY = 256 * 1024 * 1024  # bytes
SECONDS = 5  # of processor time; on a busy machine it may take longer
WALL_TIME_FACTOR = 4  # times as long


class CannotConvert(Exception):
    """The HTML is broken, or converting it takes too much time or memory."""


def markdown_from_html(html: str) -> str:
    """Return HTML as Markdown; raises `CannotConvert`."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__],
            input=html.encode("utf-8", "replace"),
            capture_output=True,
            timeout=SECONDS * WALL_TIME_FACTOR,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise CannotConvert from error
    return re.sub(r"[ \t]+$", "", done.stdout.decode(), flags=re.MULTILINE).replace("\xa0", " ")


def _convert() -> None:
    from html_to_markdown import ConversionOptions, convert  # noqa: PLC0415 - only in the process

    with suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    options = ConversionOptions(
        extract_metadata=False, include_blockquote_citations=False, skip_images=True
    )
    html = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write((convert(html, options).content or "").encode())


if __name__ == "__main__":
    _convert()
