"""The first administrator, and personal settings."""

import pytest
from django.core.exceptions import ValidationError

from forum.actions.accounts import create_administrator
from forum.models import Role, User
from tests.html import Page


@pytest.mark.parametrize("address", ["", "Root@Example.org"])
def test_first_administrator_can_log_in_at_once(plain, submit, address):
    created = create_administrator(name="admin", password="a long password", email=address)
    assert created
    response = submit(plain, "/accounts/login/", login="admin", password="a long password")
    assert response["Location"] == "/"
    assert "_auth_user_id" in plain.session
    assert User.objects.get(pk=created.pk).is_superuser


def test_only_the_first_account_becomes_administrator(db):
    create_administrator(name="admin", password="a long password")
    assert create_administrator(name="other", password="a long password") is None
    assert Role.objects.count() == 1
    assert not User.objects.named(["other"]).exists()


@pytest.mark.parametrize("name", ["alice", "no spaces", ""])
def test_administrator_needs_a_valid_name(alice, name):
    with pytest.raises(ValidationError):
        create_administrator(name=name, password="a long password")
    assert not Role.objects.exists()


def test_time_zone_can_be_set_and_reset(plain, submit, alice):
    plain.force_login(alice)
    submit(plain, "/account/settings/", zone="Asia/Tokyo")
    assert User.objects.get(pk=alice.pk).zone == "Asia/Tokyo"
    page = Page(plain.get("/account/settings/"))
    assert page.form("Save").fields["zone"] == "Asia/Tokyo"
    assert "Times are in Asia/Tokyo." in page
    submit(plain, "/account/settings/", zone="")
    assert User.objects.get(pk=alice.pk).zone == ""


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "\x00", "a" * 10_000])
def test_unknown_time_zone_is_refused(as_alice, alice, zone):
    response = as_alice.post("/account/settings/", {"zone": zone})
    assert response.status_code == 422
    assert Page(response).error_links == {"#id_zone"}
    assert User.objects.get(pk=alice.pk).zone == ""
