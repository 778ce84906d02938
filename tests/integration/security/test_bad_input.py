"""Requests that no browser sends: they get a 4xx page, never a 500, and are not stored in part."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.models import Post
from tests.addresses import addresses, admin_addresses, one_each
from tests.scene import Scene, all_rows, changed_since, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
# Form data that is not text, or not text that the database can store.
BYTES = {
    "nul": b"a%00b",
    "raw nul": b"a\x00b",
    "invalid utf-8": b"a%ff%feb",
    "raw invalid utf-8": b"a\xff\xfeb",
    "overlong": b"%c0%af",
    "lone surrogate": b"%ed%a0%80",
    "noncharacter": b"%ef%bf%bf",
    "byte order mark": b"%ef%bb%bfa",
    "half a percent": b"a%4",
    "controls": b"a%01%1b%7f%c2%85b",
    "bidi": b"%e2%80%aea%e2%81%a6",
}
# All of them are sent to the composer; these also to every other form or address. In a parsed form
# a raw NUL is the same as an escaped one, and what was not UTF-8 has become ordinary characters.
FORM_KINDS = ("nul", "lone surrogate")
ADDRESS_KINDS = ("nul", "invalid utf-8", "lone surrogate", "half a percent", "controls")
# Those that remain odd once they are parsed go into the query of every page.
QUERY_KINDS = ("nul", "controls")
FIELDS = (b"source", b"title", b"reason", b"note", b"until", b"zone", b"theme", b"do", b"nonce")
FIELDS += (
    b"base_revision",
    b"quoted_post_ids",
    b"login",
    b"password",
    b"email",
    b"username",
    b"name",
    b"slug",
)


def assert_no_server_error(response: object, context: str) -> None:
    assert getattr(response, "status_code", 500) < 500, context


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ("alice", "erin") for kind in FORM_KINDS],
)
def test_invalid_bytes_in_forms_cause_no_server_error(scene: Scene, name: str, kind: str) -> None:
    body = b"&".join(field + b"=" + BYTES[kind] for field in FIELDS)
    found = addresses(scene) if name == "alice" else admin_addresses(scene)
    client = scene.client(name)
    for key, address in one_each(found).items():
        if key.startswith("account_signup"):
            continue  # it has a rate limit
        with undone():
            assert_no_server_error(client.post(address, body, content_type=FORM), key)


@pytest.mark.parametrize("kind", BYTES)
def test_invalid_bytes_in_the_composer_cause_no_server_error(scene: Scene, kind: str) -> None:
    body = b"&".join(field + b"=" + BYTES[kind] for field in FIELDS)
    with undone():
        opening = scene.posts["open-opening"].pk
        assert_no_server_error(
            scene.client("alice").post(f"/p/{opening}/reply/", body, content_type=FORM), kind
        )


@pytest.mark.parametrize("kind", ADDRESS_KINDS)
def test_invalid_bytes_in_addresses_cause_no_server_error(scene: Scene, kind: str) -> None:
    odd = BYTES[kind].replace(b"\x00", b"%00").decode("latin-1")
    paths = [f"/b/{odd}/", f"/t/{odd}/", f"/p/{odd}/", f"/u/{odd}/", f"/{odd}", f"/static/{odd}"]
    paths += [f"/t/{scene.threads['open'].pk}/{odd}/", f"/admin/forum/post/{odd}/change/"]
    names = ("after", "before", "at", "quote", "words", "next", "q", "o", "p", "id", "board", "e")
    query = "&".join(f"{name}={odd}" for name in names)
    own_pages = [path for key, path in one_each(addresses(scene)).items() if "logout" not in key]
    own_pages = own_pages if kind in QUERY_KINDS else []
    lists = [f"/admin/forum/{model}/" for model in ("post", "thread", "user", "moderationaction")]
    erin = scene.client("erin")
    for path in [*paths, *(f"{path}?{query}" for path in (*own_pages, *lists))]:
        assert_no_server_error(erin.get(path), path)
    for name in ("q", "o", "p", "id", "board"):
        assert_no_server_error(erin.get(f"/admin/forum/post/?{name}={odd}"), name)


HEADERS = ("Cookie", "Referer", "Origin", "User-Agent", "Accept-Language", "Accept", "HX-Target")


@pytest.mark.parametrize("value", ["\xff\xfe", "a\x01b", "x" * 100_000, "%00", "é" * 50, "\ud800"])
@pytest.mark.parametrize("header", HEADERS)
def test_invalid_headers_cause_no_server_error(scene: Scene, header: str, value: str) -> None:
    client = Client()
    environ = {f"HTTP_{header.upper().replace('-', '_')}": value}
    if header == "Cookie":
        environ["HTTP_COOKIE"] = (
            f"sessionid={value}; theme={value}; csrftoken={value}; messages={value}"
        )
    if value == "\ud800" and header == "Cookie":
        return  # the test client parses cookies; a server passes bytes as latin-1
    address = scene.threads["open"].get_absolute_url()
    assert_no_server_error(client.get(address, **environ), address)
    assert_no_server_error(client.post("/theme/", {"theme": "dark"}, **environ), "theme")


INVALID_IDS = [
    *("0", "-1", "9223372036854775808", "1e9", "1_000", "01", "+1", " 1", "1 ", "1.0", "1;a.css"),
    *("%00", "1%00", "٣", "１", "9" * 10_000, "b0a1c2d3-0000-4000-8000-000000000000", "..;"),
    *("1%20or%201=1", "null", "true", "[]", "999999999999999999", "0x10", "%2e%2e", "1%0a"),
]


@pytest.mark.parametrize("odd", INVALID_IDS, ids=lambda odd: odd[:30])
def test_invalid_ids_return_404(scene: Scene, odd: str) -> None:
    alice, erin = scene.client("alice"), scene.client("erin")
    # All ids are parsed by one converter.
    for address in (f"/p/{odd}/", f"/p/{odd}/reply/", f"/t/{odd}/", f"/t/{odd}/lock/"):
        assert alice.get(address).status_code == 404
    # Where a post might have been, the text is shown again with 410.
    assert alice.post(f"/p/{odd}/reply/", {"source": "Words."}).status_code in {404, 410}
    thread = scene.threads["open"].get_absolute_url()
    for cursor_query in (f"after=p{odd}", f"before={odd}", f"at=t{odd}", f"at=p{odd}"):
        assert alice.get(f"{thread}?{cursor_query}").status_code == 404
    assert alice.get(f"/b/gardens/?after=t{odd}").status_code in {200, 404}
    # The admin reads " 1" as 1, which is a valid id.
    for page in (f"post/{odd}/change/", f"user/{odd}/change/", f"user/?id={odd}"):
        assert_no_server_error(erin.get(f"/admin/forum/{page}"), page)
    for query in (f"q={odd}", f"id={odd}", f"p={odd}&o={odd}"):
        assert_no_server_error(erin.get(f"/admin/forum/post/?{query}"), query)
    assert erin.get(f"/moderate/post/hide/?id={odd}").status_code == 404


def test_ids_have_only_one_spelling(scene: Scene) -> None:
    alice = scene.client("alice")
    for kind, pk in (("p", scene.posts["visible"].pk), ("t", scene.threads["open"].pk)):
        arabic = str(pk).translate({ord("0") + n: 0x660 + n for n in range(10)})
        for variant in (
            f"0{pk}",
            f"+{pk}",
            f"{pk}%20",
            f"%20{pk}",
            f"{pk // 10}_{pk % 10}",
            arabic,
        ):
            assert alice.get(f"/{kind}/{variant}/").status_code == 404, variant


def test_invalid_ids_in_the_composer_are_ignored_or_rejected(scene: Scene) -> None:
    reply = addresses(scene)["post-reply visible"]
    for odd in INVALID_IDS:
        with undone():
            data = {
                "source": "Words.",
                "quoted_post_ids": [odd, odd],
                "base_revision": odd,
                "nonce": odd,
            }
            assert scene.client("alice").post(reply, data).status_code in {302, 422}, odd


LARGE = [
    pytest.param(FORM, b"source=" + b"x" * 10_000_000, id="10 MB"),
    pytest.param(FORM, b"source=" + b"x%0a" * 1_000_000, id="a million lines"),
    pytest.param(FORM, b"&".join(b"a%d=1" % n for n in range(10_000)), id="10,000 fields"),
    pytest.param(
        MULTIPART,
        b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\n'
        + b"x" * 10_000_000
        + b"\r\n--b--",
        id="10 MB in parts",
    ),
    pytest.param(
        MULTIPART,
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f%d"; filename="f"\r\n\r\nx\r\n' % n
            for n in range(300)
        )
        + b"--b--",
        id="300 files",
    ),
    pytest.param(MULTIPART, b"no boundary here", id="no parts"),
    pytest.param("multipart/form-data", b"--b", id="no boundary"),
    pytest.param(f"{FORM}; charset=utf-7", b"source=+ADw-script+AD4-", id="utf-7"),
    pytest.param("text/plain", b"source=a", id="plain text"),
]


@pytest.mark.parametrize(("content_type", "body"), LARGE)
def test_oversized_and_malformed_requests_are_rejected(
    scene: Scene, content_type: str, body: bytes
) -> None:
    before = all_rows()
    for key in ("post-reply visible", "post-edit visible", "thread-start", "account-settings"):
        client, address = scene.client("alice"), addresses(scene)[key]
        response = client.generic("POST", address, body, content_type=content_type)
        assert 400 <= response.status_code < 500 or key == "account-settings", key
        assert_no_server_error(response, key)
        assert b"<!doctype html" in response.content[:20].lower() or response.status_code == 302
    # Submitting an empty form counts towards the rate limit.
    assert changed_since(before) <= {"forum_ratelimit"}


def test_post_that_is_too_long_is_rejected_with_a_message(scene: Scene) -> None:
    reply = addresses(scene)["post-reply visible"]
    response = scene.client("alice").post(reply, {"source": "x" * 20_001})
    assert response.status_code == 422
    assert "1 character too long" in response.content.decode()
    assert not Post.objects.filter(source__startswith="xxx").exists()
