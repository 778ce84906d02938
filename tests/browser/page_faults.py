"""Recording the faults of pages: errors, dialogs, requests to other servers."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request

from forum.models import User

# Chromium also reports statuses above 399 and broken connections; tests check those themselves.
FAILED_REQUEST = (
    "Failed to load resource",
    "Response Status Error Code",
    "htmx:afterRequest",
    "htmx:sendError",
)


class FaultRecorder:
    """Everything that went wrong in the pages of a browser context."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site = site
        self.faults: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("request", self._request)
        context.on("dialog", self._dialog)
        context.set_default_timeout(15_000)

    def _console(self, message: ConsoleMessage) -> None:
        expected = message.text.startswith(FAILED_REQUEST)
        if message.type in {"error", "warning"} and not expected:
            self.faults.append(message.text)

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"opened a dialog: {dialog.type} {dialog.message}")
        dialog.accept()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.faults.append(f"asked for {request.url}")


def log_in(context: BrowserContext, person: User, site: str) -> None:
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
