"""The forms for signing up, logging in and account settings.

They are django-allauth's, with our texts and styles.
"""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from typing import Any
from unicodedata import normalize

from allauth.account import forms as allauth
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from forum.errors import Conflict
from forum.models import User
from forum.models.accounts import FollowOwnPosts

ADDRESS_LENGTH = 254


class Plain(forms.Form):
    """A form with labels above the fields, no placeholders, and all errors listed at the top."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs["class"] = "field"
            if isinstance(field, forms.EmailField):
                field.validators.append(MaxLengthValidator(ADDRESS_LENGTH))
                field.widget.attrs["maxlength"] = ADDRESS_LENGTH

    def say(self, name: str, *, label: Any, help_text: Any = "") -> None:
        """Set the texts of a field that django-allauth made."""
        self.fields[name].label = label
        self.fields[name].help_text = help_text


PASSWORD_HELP = _("At least 8 characters. Not all numbers, not a common password.")


class LoginForm(Plain, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say("login", label=_("Name or e-mail address"))
        self.say("password", label=_("Password"))
        login = self.fields["login"]
        login.validators.append(MaxLengthValidator(ADDRESS_LENGTH))
        login.widget.attrs |= {
            "maxlength": ADDRESS_LENGTH,
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }

    def clean_login(self) -> str:
        login = str(super().clean_login())
        return login if "@" in login else normalize("NFKC", login)

    def user_credentials(self) -> dict[str, str]:
        """Return the address alone, if it is one: no name looks like an address.

        django-allauth tries it as a name, too, and so hashes the password of an account twice and
        of none once, which tells known from unknown addresses.
        """
        credentials: dict[str, str] = super().user_credentials()
        if "email" in credentials:
            del credentials["username"]
        return credentials


class SignupForm(Plain, allauth.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say(
            "username",
            label=_("Name"),
            help_text=_("2–30 characters: letters of any one script, digits, - and _"),
        )
        self.say(
            "email",
            label=_("E-mail address"),
            help_text=_("Never shown to others. We’ll send a link to confirm it."),
        )
        self.say("password1", label=_("Password"), help_text=PASSWORD_HELP)
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.name = ""

    def clean_username(self) -> str:
        self.name = self.cleaned_data["username"]
        return str(super().clean_username())

    def validate_unique_email(self, value: str) -> str:
        """Accept a taken address. Only its owner learns of it, by mail."""
        self.account_already_exists = User.objects.with_email(value).exists()
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "username" in self.errors and self._sent_before():
            del self.errors["username"]
        return cleaned

    def _sent_before(self) -> User | None:
        """Return the account that this form created a moment ago, if it was sent twice."""
        person = User.objects.named([self.name]).never_logged_in().first()
        is_same = (
            person is not None
            and person.email == self.cleaned_data.get("email")
            and person.check_password(self.cleaned_data.get("password1", ""))
        )
        return person if is_same else None

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            person = self._sent_before()
            if person:
                return person, None
            make_password(self.cleaned_data["password1"])  # takes as long as a new account
        try:
            with transaction.atomic():
                saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except IntegrityError as error:
            person = self._sent_before()
            if person is None:
                raise Conflict(_("This name was just taken.")) from error
            return person, None
        return saved


class ChangeEmailForm(Plain, allauth.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say("email", label=_("New e-mail address"))


class ChangePasswordForm(Plain, allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say("oldpassword", label=_("Current password"))
        self.say("password1", label=_("New password"), help_text=PASSWORD_HELP)
        self.say("password2", label=_("New password again"))


class ResetPasswordForm(Plain, allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say("email", label=_("E-mail address"))

    def clean_email(self) -> str:
        """Accept only the account's current address, not one that it is being changed to."""
        email: str = super().clean_email()
        self.users = [person for person in self.users if person.email.lower() == email]
        return email


class NewPasswordForm(Plain, allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say("password1", label=_("New password"), help_text=PASSWORD_HELP)
        self.say("password2", label=_("New password again"))


class ReauthenticateForm(Plain, allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say("password", label=_("Password"))


def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return all time zones named after places, grouped by region."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(zoneinfo.available_timezones()):
        region, slash, place = name.partition("/")
        if slash and region not in {"Etc", "SystemV", "US", "posix", "right"}:
            groups[region].append((name, place.replace("_", " ")))
    return sorted(groups.items())


class SettingsForm(Plain):
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    follow_own_posts = forms.ChoiceField(
        label=_("Follow the branches of your own posts"),
        choices=FollowOwnPosts.choices,
        required=False,
    )
    mentions_pass_mute = forms.ChoiceField(
        label=_("Mentions of you in what you muted"),
        choices=[("", _("Don’t notify me")), ("yes", _("Notify me"))],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        default = _("Site default (%(zone)s)") % {"zone": settings.TIME_ZONE}
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", default), ("UTC", "UTC"), *zones()]

    def clean_follow_own_posts(self) -> str:
        chosen: str = self.cleaned_data["follow_own_posts"]
        return chosen or self.initial["follow_own_posts"]

    def clean_mentions_pass_mute(self) -> bool:
        return bool(self.cleaned_data["mentions_pass_mute"])
