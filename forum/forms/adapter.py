"""The site's adapter for django-allauth: its messages, redirects and mails.

The texts of its mails are in templates/account/email/.
"""

from __future__ import annotations

import logging
import unicodedata
from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from forum.actions.accounts import release_address, set_password
from forum.forms.known_devices import known_device, remember_device
from forum.models import User
from forum.models.accounts import hash_of_name, is_reserved, validate_name

logger = logging.getLogger(__name__)


def ip_address_in(entry: str) -> str:
    """Return the address in an entry of X-Forwarded-For, without port and zone; "" for none."""
    host = entry.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


WRONG = _("Wrong name or password.")


class Adapter(DefaultAccountAdapter):
    """Our rules for names, texts, hosts and mail."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # The same message for both, so that nobody learns which part was right.
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait five minutes and try again, or reset your password."
        ),
        "enter_current_password": _("Wrong current password."),
        "incorrect_password": _("Wrong password."),
        "duplicate_email": _("This is already your e-mail address."),
        "invalid_password_reset": _("This link has expired or was already used."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name if it can be mentioned and is not similar to another; raise otherwise."""
        username = unicodedata.normalize("NFKC", username)
        validate_name(username)
        if is_reserved(username) or User.objects.filter(former_name=hash_of_name(username)):
            raise ValidationError(_("This name is reserved."))
        # Check each constraint of the database by itself, with its own message.
        others = {field.name for field in User._meta.fields} - {"username", "name_key"}
        try:
            User(username=username).validate_constraints(exclude=others)
        except ValidationError as error:
            raise ValidationError(error.messages[:1]) from error
        return username

    def is_ajax(self, request: HttpRequest) -> bool:
        """Return False: the forms are always pages."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether a redirect may lead there: to this host, nowhere else."""
        request = self.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send mail whose links use the configured address, never the Host header.

        Needs no request, unlike django-allauth's.
        """
        site = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
        self.render_mail(template_prefix, email, site | context).send()

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm the address, and remove it from accounts that have not confirmed it."""
        release_address(email_address)
        confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the key for counting wrong passwords: the name or address that was typed.

        Nothing else that a visitor can choose is in it; django-allauth adds the Host header, port
        and all. Names and addresses are counted apart, or the count would tell whose address it is.
        """
        login: str = (credentials.get("email") or credentials.get("username", "")).lower()
        device = known_device(request, login)
        return f"{login} {device}" if device else login

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Forget the wrong passwords, by address and by name, after a reset by mail."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        for person in User.objects.with_email(credentials["email"]):
            super()._delete_login_attempts_cached_email(request, username=person.username)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._log_attempt(request, "Login refused, too many attempts", credentials)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._log_attempt(request, "Login failed", credentials)

    def _log_attempt(self, request: HttpRequest, what: str, credentials: dict[str, Any]) -> None:
        login = credentials.get("email") or credentials.get("username")
        logger.warning("%s: %r from %s", what, login, self.get_client_ip(request))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        logger.info("Login: member %s from %s", user.pk, self.get_client_ip(request))
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(response, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        logger.info("Logout: member %s", request.user.pk)
        super().logout(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the visitor's address: the one that the outermost of our proxies was connected to.

        Entries before it in X-Forwarded-For can be forged. If a proxy added no entry or replaced
        the header, the peer of the next one is used.
        """
        count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
        header = request.headers.get("X-Forwarded-For", "") if count else ""
        forwarded = header.split(",")[-count:] if header else []
        if len(forwarded) < count:
            logger.warning(
                "X-Forwarded-For has %d addresses, TRUSTED_PROXIES says %d: limits may count many"
                " visitors as one.",
                len(forwarded),
                count,
            )
        peer: str = request.META.get("REMOTE_ADDR", "")
        known = filter(None, map(ip_address_in, [*forwarded, peer]))
        return next(known, peer)

    def set_password(self, user: User, password: str) -> None:  # type: ignore[override]
        set_password(user, password)
        logger.info("Password changed: member %s", user.pk)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account-settings")
