"""Authentication of a mail’s sender, as our own mail server reports it (RFC 8601)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from authres import AuthenticationResultsHeader, AuthResError

# The property that names the domain which passed, for each method.
DOMAIN_PROPERTIES = {"dkim": ("d", "i"), "spf": ("mailfrom",)}


def is_authenticated(results: Iterable[str], *, domain: str, authserv_id: str) -> bool:
    """Return whether DKIM or SPF passed for `domain`, that of the address in From.

    `results` are the mail's Authentication-Results, the topmost first. Only those of the server
    `authserv_id` count, and of each method only the topmost: what a sender wrote into the mail is
    below what our server adds.
    """
    methods: set[str] = set()
    for value in results:
        found = _parse(value)
        if found is None or (found.authserv_id or "").lower() != authserv_id:
            continue
        reported = {result.method.lower() for result in found.results}
        for result in found.results:
            method = result.method.lower()
            if method in methods or (result.result or "").lower() != "pass":
                continue
            if any(_is_aligned(each, domain) for each in _domains(result)):
                return True
        methods |= reported
    return False


def _parse(value: str) -> Any:
    """Return the header as authres, which has no types, parses it; None for a broken one."""
    line = f"Authentication-Results: {' '.join(value.split())}"
    try:
        return AuthenticationResultsHeader.parse(line)  # type: ignore[call-arg]
    except (AuthResError, RecursionError):
        return None


def _domains(result: Any) -> Iterable[str]:
    """Yield the domains that a result is about."""
    names = DOMAIN_PROPERTIES.get(result.method.lower(), ())
    for each in result.properties:
        if (each.name or "").lower() in names and each.value:
            yield each.value.rpartition("@")[2].lower().rstrip(".")


def _is_aligned(passed: str, domain: str) -> bool:
    """Return whether a domain is the one that passed, or below it."""
    return bool(passed) and (domain == passed or domain.endswith(f".{passed}")) and "." in passed
