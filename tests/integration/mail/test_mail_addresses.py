"""The forum's own mail addresses: signed, without case, and short enough for any server."""

import re

import pytest

from forum.actions.mail_addresses import (
    BoardAddress,
    BounceAddress,
    ReplyAddress,
    StopAddress,
    bounce_address,
    read_address,
    reply_address,
    stop_address,
)
from forum.models import Post, User

BIGGEST_ID = 2**63 - 1


@pytest.fixture(autouse=True)
def mail_host(settings):
    settings.INCOMING_MAIL_HOST = "reply.example.org"


def test_reply_address_leads_back_to_member_and_post():
    address = reply_address(User(pk=7), Post(pk=1234))
    assert read_address(address) == ReplyAddress(7, 1234)
    assert read_address(bounce_address(User(pk=7))) == BounceAddress(7)
    stop = stop_address(User(pk=7), ["quote", "reply"])
    assert read_address(stop) == StopAddress(7, ("reply", "quote"))


def test_address_is_read_in_any_case_and_in_brackets():
    address = reply_address(User(pk=7), Post(pk=1234))
    for written in (address.upper(), f"<{address}>", f" {address} "):
        assert read_address(written) == ReplyAddress(7, 1234)


def test_longest_address_fits_into_a_local_part_and_needs_no_quoting():
    local_part, host = reply_address(User(pk=BIGGEST_ID), Post(pk=BIGGEST_ID)).split("@")
    assert len(local_part) <= 64
    assert re.fullmatch(r"reply\+[a-z0-9]+\.[a-z0-9]+\.[a-z0-9]+", local_part)
    assert host == "reply.example.org"


def test_address_of_another_member_or_post_is_not_valid():
    address = reply_address(User(pk=7), Post(pk=1234))
    _ids, signature = address.removeprefix("reply+").split("@")[0].rsplit(".", 1)
    for forged in (
        f"reply+8.ya.{signature}@reply.example.org",
        f"reply+7.yb.{signature}@reply.example.org",
        f"reply+7.ya.{signature[:-1]}@reply.example.org",
        f"reply+7.ya.{'a' * len(signature)}@reply.example.org",
        f"bounce+7.{signature}@reply.example.org",
        "reply+7.ya@reply.example.org",
        "reply+@reply.example.org",
        "reply+..@reply.example.org",
        f"reply+{'z' * 500}@reply.example.org",
        address.replace("reply.example.org", "elsewhere.example.org"),
        f"{address}\r\nBcc: eve@example.org",
        "alice@reply.example.org",
        "",
    ):
        assert read_address(forged) is None
    assert read_address(f"reply+7.ya.{signature}@reply.example.org") == ReplyAddress(7, 1234)


def test_signature_of_a_bounce_opens_no_reply():
    bounce = bounce_address(User(pk=7))
    assert read_address(bounce.replace("bounce+", "reply+")) is None


def test_address_is_valid_after_the_key_was_changed_while_the_old_one_is_a_fallback(settings):
    address = reply_address(User(pk=7), Post(pk=1234))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert read_address(address) == ReplyAddress(7, 1234)
    settings.SECRET_KEY_FALLBACKS = []
    assert read_address(address) is None


def test_board_address_is_read_with_its_slug():
    assert read_address("Board+gardens@reply.example.org") == BoardAddress("gardens")


def test_there_is_no_address_while_no_host_is_set(settings):
    settings.INCOMING_MAIL_HOST = ""
    assert reply_address(User(pk=7), Post(pk=1)) is None
    assert bounce_address(User(pk=7)) is None
    assert read_address("board+gardens@") is None
