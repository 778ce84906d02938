"""What no browser sends: 4xx with a page of ours, never a 500, nothing half written."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.models import Post
from tests.addresses import addresses, desk_addresses, one_each
from tests.scene import Scene, all_rows, changed_since, undone

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
# Bytes, as a form sends them, that are no text, or none that a database keeps.
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
# Every kind goes into the composer; these into every other form, or every address, too.
IN_FORMS = ("nul", "raw nul", "raw invalid utf-8", "lone surrogate")
IN_ADDRESSES = ("nul", "invalid utf-8", "lone surrogate", "half a percent", "controls")
# In the query of every page, those that a view gets to see as different words.
IN_QUERIES = ("nul", "invalid utf-8", "controls")
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


def fine(response: object, where: str) -> None:
    assert getattr(response, "status_code", 500) < 500, where


@pytest.mark.parametrize(
    ("name", "kind"),
    [*(("alice", kind) for kind in IN_FORMS), ("erin", "nul"), ("erin", "raw invalid utf-8")],
)
def test_odd_bytes_in_a_form(scene: Scene, name: str, kind: str) -> None:
    body = b"&".join(field + b"=" + BYTES[kind] for field in FIELDS)
    found = addresses(scene) if name == "alice" else desk_addresses(scene)
    client = scene.client(name)
    for key, address in one_each(found).items():
        if key.startswith("account_signup"):
            continue  # answers no more than so often
        with undone():
            fine(client.post(address, body, content_type=FORM), key)


@pytest.mark.parametrize("kind", BYTES)
def test_odd_bytes_in_the_composer(scene: Scene, kind: str) -> None:
    body = b"&".join(field + b"=" + BYTES[kind] for field in FIELDS)
    with undone():
        opening = scene.posts["open-opening"].pk
        fine(scene.client("alice").post(f"/p/{opening}/reply/", body, content_type=FORM), kind)


@pytest.mark.parametrize("kind", IN_ADDRESSES)
def test_odd_bytes_in_an_address(scene: Scene, kind: str) -> None:
    odd = BYTES[kind].replace(b"\x00", b"%00").decode("latin-1")
    paths = [f"/b/{odd}/", f"/t/{odd}/", f"/p/{odd}/", f"/u/{odd}/", f"/{odd}", f"/static/{odd}"]
    paths += [f"/t/{scene.threads['open'].pk}/{odd}/", f"/admin/forum/post/{odd}/change/"]
    names = ("after", "before", "at", "quote", "words", "next", "q", "o", "p", "id", "board", "e")
    query = "&".join(f"{name}={odd}" for name in names)
    own = [path for key, path in one_each(addresses(scene)).items() if "logout" not in key]
    own = own if kind in IN_QUERIES else []
    lists = [f"/admin/forum/{model}/" for model in ("post", "thread", "user", "moderationaction")]
    erin = scene.client("erin")
    for path in [*paths, *(f"{path}?{query}" for path in (*own, *lists))]:
        fine(erin.get(path), path)
    for name in ("q", "o", "p", "id", "board"):
        fine(erin.get(f"/admin/forum/post/?{name}={odd}"), name)


HEADERS = ("Cookie", "Referer", "Origin", "User-Agent", "Accept-Language", "Accept", "HX-Target")


@pytest.mark.parametrize("value", ["\xff\xfe", "a\x01b", "x" * 100_000, "%00", "é" * 50, "\ud800"])
@pytest.mark.parametrize("header", HEADERS)
def test_odd_headers(scene: Scene, header: str, value: str) -> None:
    client = Client()
    environ = {f"HTTP_{header.upper().replace('-', '_')}": value}
    if header == "Cookie":
        environ["HTTP_COOKIE"] = (
            f"sessionid={value}; theme={value}; csrftoken={value}; messages={value}"
        )
    if value == "\ud800" and header == "Cookie":
        return  # the test client reads cookies itself; a server hands over bytes as latin-1
    address = scene.threads["open"].get_absolute_url()
    fine(client.get(address, **environ), address)
    fine(client.post("/theme/", {"theme": "dark"}, **environ), "theme")


ODD_IDS = [
    *("0", "-1", "9223372036854775808", "1e9", "1_000", "01", "+1", " 1", "1 ", "1.0", "1;a.css"),
    *("%00", "1%00", "٣", "１", "9" * 10_000, "b0a1c2d3-0000-4000-8000-000000000000", "..;"),
    *("1%20or%201=1", "null", "true", "[]", "999999999999999999", "0x10", "%2e%2e", "1%0a"),
]


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: odd[:30])
def test_odd_ids_are_not_found(scene: Scene, odd: str) -> None:
    alice, erin = scene.client("alice"), scene.client("erin")
    # One converter reads all ids.
    for address in (f"/p/{odd}/", f"/p/{odd}/reply/", f"/t/{odd}/", f"/t/{odd}/lock/"):
        assert alice.get(address).status_code == 404
    # Where a post could be, what was typed is shown again: 410, as for one that was removed.
    assert alice.post(f"/p/{odd}/reply/", {"source": "Words."}).status_code in {404, 410}
    thread = scene.threads["open"].get_absolute_url()
    for place in (f"after=p{odd}", f"before={odd}", f"at=t{odd}", f"at=p{odd}"):
        assert alice.get(f"{thread}?{place}").status_code == 404
    assert alice.get(f"/b/gardens/?after=t{odd}").status_code in {200, 404}
    # The admin takes " 1" for 1: an id like any other, and no error.
    for page in (f"post/{odd}/change/", f"user/{odd}/change/", f"user/?id={odd}"):
        fine(erin.get(f"/admin/forum/{page}"), page)
    for query in (f"q={odd}", f"id={odd}", f"p={odd}&o={odd}"):
        fine(erin.get(f"/admin/forum/post/?{query}"), query)
    assert erin.get(f"/moderate/post/hide/?id={odd}").status_code == 404


def test_id_is_written_in_one_way(scene: Scene) -> None:
    alice = scene.client("alice")
    for kind, pk in (("p", scene.posts["visible"].pk), ("t", scene.threads["open"].pk)):
        arabic = str(pk).translate({ord("0") + n: 0x660 + n for n in range(10)})
        for same in (f"0{pk}", f"+{pk}", f"{pk}%20", f"%20{pk}", f"{pk // 10}_{pk % 10}", arabic):
            assert alice.get(f"/{kind}/{same}/").status_code == 404, same


def test_fields_of_the_composer_that_name_posts_may_be_odd(scene: Scene) -> None:
    reply = addresses(scene)["post-reply visible"]
    for odd in ODD_IDS:
        with undone():
            sent = {
                "source": "Words.",
                "quoted_post_ids": [odd, odd],
                "base_revision": odd,
                "nonce": odd,
            }
            assert scene.client("alice").post(reply, sent).status_code in {302, 422}, odd


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
def test_input_that_no_form_sends_is_refused(scene: Scene, content_type: str, body: bytes) -> None:
    before = all_rows()
    for key in ("post-reply visible", "post-edit visible", "thread-start", "account-settings"):
        client, address = scene.client("alice"), addresses(scene)[key]
        response = client.generic("POST", address, body, content_type=content_type)
        assert 400 <= response.status_code < 500 or key == "account-settings", key
        fine(response, key)
        assert b"<!doctype html" in response.content[:20].lower() or response.status_code == 302
    # Pressing "post" with nothing in the form counts as trying.
    assert changed_since(before) <= {"forum_ratelimit"}


def test_post_that_is_refused_for_its_length_says_so(scene: Scene) -> None:
    reply = addresses(scene)["post-reply visible"]
    response = scene.client("alice").post(reply, {"source": "x" * 20_001})
    assert response.status_code == 422
    assert "1 character too long" in response.content.decode()
    assert not Post.objects.filter(source__startswith="xxx").exists()
