"""Status of every address for every person, compared with one table; each address needs a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forum.admin import admin_site
from tests.addresses import ROW_STEPS, addresses, admin_addresses, person_routes, routes
from tests.expected_permissions import EXPECTED
from tests.scene import PEOPLE, Scene, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Address and state of its target | GET | POST with nothing but the CSRF token.
# Statuses are those of: visitor alice bob dan carol mona otto erin; `in`: sent to the login page.
# Two statuses are those of a visitor and of everybody logged in; one is that of everybody.
# alice wrote the posts, dan is suspended, carol moderates the site, mona this board, otto another,
# erin administers. 422 is the status for those who are allowed, because the form is empty.
# Rows of moderation actions follow from `EXPECTED`; this table has targets in other states.
TABLE = """
home                            | 200                             | 405
inbox                           | in 200                          | 405
inbox-mark                      | 405                             | 401 422
theme                           | 405                             | 400
order                           | 405                             | 400
help-markdown                   | 200                             | 405
search                          | 200                             | 405
change-password                 | 302                             | 302
robots                          | 200                             | 405
sitemap                         | 200                             | 405
sitemap-boards                  | 200                             | 405
sitemap-threads                 | 200                             | 405
sitemap-people                  | 200                             | 405
site-feed                       | 200                             | 405
board-feed                      | 200                             | 405
tag-feed                        | 200                             | 405
search-feed                     | 404                             | 405
search-feed for words           | 200                             | 405
inbox-feed                      | 404                             | 405
following-feed                  | 404                             | 405
account-feeds                   | in 200                          | in 200
feed-revoke                     | 405                             | 401 404
person-feed bob                 | 200                             | 405
person-feed dan                 | 200                             | 405
person-feed carol               | 200                             | 405
thread-feed-short open          | 301                             | 405
thread-feed open                | 200                             | 405
thread-feed locked              | 200                             | 405
thread-feed deleted             | 404                             | 405
thread-feed removed             | 410                             | 405
thread-feed roads               | 200                             | 405
branch-feed visible             | 200                             | 405
branch-feed hidden              | 200                             | 405
branch-feed deleted             | 200                             | 405
tags                            | 200                             | 405
tag-detail                      | 200                             | 405
tag-threads                     | 200                             | 405
tag-threads unread              | in 200                          | 405
person-suggest                  | 401 404 404 403 404 404 404 404 | 405
keys                            | 405                             | 400
help-keys                       | 200                             | 405
alive                           | 200                             | 405
ready                           | 200                             | 405
account-settings                | in 200                          | in 200
account-ignored                 | in 200                          | 405
mail-settings                   | in 200                          | in 422
unsubscribe                     | 200                             | 200
account-erase                   | in 200                          | in 302
bookmarks                       | in 200                          | 405
bookmarks-csv                   | in 200                          | 405
bookmarks-json                  | in 200                          | 405
bookmark-remove                 | 405                             | 401 302 404 404 404 404 404 404
bookmark-restore                | 405                             | 401 302 404 404 404 404 404 404
drafts                          | in 200                          | 405
draft-discard                   | 405                             | 401 302 404 404 404 404 404 404
draft-take-back                 | 405                             | 401 302 404 404 404 404 404 404
pending-posts                   | in 200                          | 405
pending-post-detail             | in 200 404 404 200 200 404 200  | 405
pending-post-withdraw           | 405                             | 401 303 404 404 403 403 404 403
account_login                   | 200 302                         | 200 302
account_logout                  | 302 200                         | 302
account_signup                  | 200 302                         | 200 302
account_inactive                | 200                             | 405
account_reauthenticate          | in 200                          | in 200
account_email                   | in 200                          | in 302
account_email_verification_sent | 200                             | 405
account_change_password         | in 200                          | in 200
account_reset_password          | 200                             | 200
account_reset_password_done     | 200                             | 405
account_reset_password_from_key_done | 200                             | 405
threads                         | 200                             | 405
threads unread                  | in 200                          | 405
threads mine                    | in 200                          | 405
threads-read                    | 405                             | 401 422
threads-read-undo               | 405                             | 401 302
thread-choose-board             | in 200                          | 405
board-detail                    | 200                             | 405
board-threads                   | 200                             | 405
board-threads waiting           | in 200                          | 405
thread-start                    | in 200 200 403 200 200 200 200  | 401 422 422 403 422 422 422 422
thread-short open               | 301                             | 405
thread-detail open              | 200                             | 405
thread-title open               | in 200 403 403 403 403 403 403  | in 422 403 403 403 403 403 403
thread-tags open                | in 200 403 403 403 403 403 403  | in 302 403 403 403 403 403 403
thread-seen open                | 405                             | 401 200
thread-served open              | 404                             | 405
thread-next open                | in 302                          | 405
thread-jump open                | 404                             | 405
thread-arrivals open            | 404                             | 405
thread-map open                 | 200                             | 405
thread-map deleted              | 404 404 404 404 200 200 404 200 | 405
thread-seen deleted             | 405                             | 401 404 404 404 200 200 404 200
thread-next deleted             | in 404 404 404 302 302 404 302  | 405
thread-short locked             | 301                             | 405
thread-lock locked              | in 403 403 403 200 200 403 200  | in 403 403 403 422 422 403 422
thread-detail locked            | 200                             | 405
thread-short deleted            | 404 404 404 404 301 301 404 301 | 405
thread-lock deleted             | in 404 404 404 200 200 404 200  | in 404 404 404 422 422 404 422
thread-detail deleted           | 404 404 404 404 200 200 404 200 | 405
thread-short removed            | 410 301 410 410 301 301 410 301 | 405
thread-remove removed           | in 403 404 404 200 200 404 200  | in 403 404 404 422 422 404 422
thread-restore removed          | in 403 404 404 200 200 404 200  | in 403 404 404 422 422 404 422
thread-seen removed             | 405                             | 401 200 404 404 200 200 404 200
thread-map removed              | 404 200 404 404 200 200 404 200 | 405
thread-detail removed           | 410 200 410 410 200 200 410 200 | 405
thread-detail roads             | 200                             | 405
post-detail visible             | 302                             | 405
post-reply visible              | in 200 200 403 200 200 200 200  | 401 422 422 403 422 422 422 422
post-edit visible               | in 200 403 403 403 403 403 403  | 401 422 403 403 403 403 403 403
post-delete visible             | in 200 403 403 403 403 403 403  | in 302 403 403 403 403 403 403
post-undelete visible           | 405                             | 401 302 404 404 404 404 404 404
post-history visible            | 200                             | 405
post-left-out visible           | in 200 404 404 404 404 404 404  | in 302 404 404 404 404 404 404
post-branch visible             | 200                             | 405
post-menu visible               | 200                             | 405
post-read visible               | 405                             | 401 302
post-unread visible             | 405                             | 401 302
post-report visible             | in 403 200 403 200 200 200 200  | in 403 422 403 422 422 422 422
post-bookmark visible           | in 200                          | in 302
post-bookmark hidden            | in 200 410 410 200 200 410 200  | in 302 410 410 302 302 410 302
post-bookmark deleted           | in 410                          | in 410
post-detail hidden              | 410 302 410 410 302 302 410 302 | 405
post-reply hidden               | in 409 409 403 200 200 409 200  | 401 409 409 403 422 422 409 422
post-edit hidden                | in 403                          | 401 403
post-delete hidden              | in 200 403 403 403 403 403 403  | in 302 403 403 403 403 403 403
post-undelete hidden            | 405                             | 401 302 404 404 404 404 404 404
post-history hidden             | 302 200 302 302 200 200 302 200 | 405
post-left-out hidden            | in 404                          | in 404
post-branch hidden              | 200                             | 405
post-menu hidden                | 200                             | 405
post-read hidden                | 405                             | 401 302
post-unread hidden              | 405                             | 401 302
post-hide hidden                | in 403 403 403 200 200 403 200  | in 403 403 403 422 422 403 422
post-unhide hidden              | in 403 403 403 200 200 403 200  | in 403 403 403 422 422 403 422
post-report hidden              | in 403 410 403 410 410 410 410  | in 403 410 403 410 410 410 410
post-detail deleted             | 410                             | 405
post-reply deleted              | in 409 409 403 409 409 409 409  | 401 409 409 403 409 409 409 409
post-edit deleted               | in 410 403 403 403 403 403 403  | 401 410 403 403 403 403 403 403
post-delete deleted             | in 410 403 403 403 403 403 403  | in 410 403 403 403 403 403 403
post-undelete deleted           | 405                             | 401 302 404 404 404 404 404 404
post-history deleted            | 302                             | 405
post-left-out deleted           | in 404                          | in 404
post-branch deleted             | 200                             | 405
post-menu deleted               | 200                             | 405
post-read deleted               | 405                             | 401 302
post-unread deleted             | 405                             | 401 302
post-hide deleted               | in 403 403 403 200 200 403 200  | in 403 403 403 422 422 403 422
post-unhide deleted             | in 403 403 403 200 200 403 200  | in 403 403 403 422 422 403 422
post-report deleted             | in 403 410 403 410 410 410 410  | in 403 410 403 410 410 410 410
post-quote visible              | 200                             | 405
post-quote hidden               | 404 200 404 404 200 200 404 200 | 405
post-quote deleted              | 404                             | 405
post-quoted visible             | 200                             | 405
post-quoted hidden              | 302 200 302 302 200 200 302 200 | 405
post-quoted deleted             | 302                             | 405
post-detail deleted-opening     | 404 404 404 404 410 410 404 410 | 405
post-reply deleted-opening      | 404 404 404 404 410 410 404 410 | 404 404 404 404 410 410 404 410
post-hide deleted-opening       | in 404 404 404 200 200 404 200  | in 404 404 404 422 422 404 422
person-detail bob               | 200                             | 405
person-detail dan               | 200                             | 405
person-detail carol             | 200                             | 405
person-ignore bob               | 405                             | 401 302 403 302 302 302 302 302
person-ignore dan               | 405                             | 401 302 302 403 302 302 302 302
person-ignore carol             | 405                             | 401 302 302 302 403 302 302 302
person-stop-ignoring bob        | 405                             | 401 302
person-stop-ignoring dan        | 405                             | 401 302
person-stop-ignoring carol      | 405                             | 401 302
moderate                        | in 403 403 403 200 200 403 200  | in 403 403 403 422 422 403 422
log                             | 200                             | 405
log-entry                       | 200                             | 405
log-undo                        | in 403 403 403 200 403 404 200  | in 403 403 403 422 403 404 422
log-appeal                      | in 200 404 404 404 404 404 404  | in 200 404 404 404 404 404 404
appeals                         | in 403 403 403 200 200 200 200  | 405
appeal-answer                   | in 403 403 403 200 200 404 200  | in 403 403 403 403 403 404 422
following                       | in 200                          | 405
subscription post               | 405                             | 401 302
subscription removed            | 405                             | 401 302 404 404 302 302 404 302
subscription board              | 405                             | 401 302
subscription tag                | 405                             | 401 302
inbox-moderation                | in 200                          | in 302
account_confirm_email           | 200                             | 404
account_reset_password_from_key | 200                             | 200
"""

# The admin has one rule per model: who can view, and who can change.
ADMIN_PEOPLE = ("visitor", "bob", "carol", "mona", "otto", "erin")
MODERATORS = {"carol", "mona", "otto", "erin"}
CAN_VIEW = {
    "category": {"erin"},
    "sitetext": {"erin"},
    "board": {"erin"},
    "reasontemplate": {"erin"},
    "tag": {"carol", "erin"},
    "case": MODERATORS,
    "pendingpost": MODERATORS,
    "reviewrule": {"carol", "erin"},
    "post": MODERATORS,
    "thread": MODERATORS,
    "moderationaction": MODERATORS,
    "user": {"carol", "erin"},
    "erasure": {"carol", "erin"},
}
CAN_ADD_OR_DELETE = {
    **{
        model: {"erin"}
        for model in ("category", "board", "sitetext", "reasontemplate", "reviewrule")
    },
    "tag": {"carol", "erin"},
}
CAN_CHANGE = CAN_ADD_OR_DELETE | {"user": {"erin"}}
ADMIN_PAGES = {
    "index": (200, 200),
    "app_list": (200, 200),
    "login": (302, 302),
    "jsi18n": (200, 405),
    "(?P<url>.*)$": (404, 404),
    "<path:object_id>/": (302, 302),
}


# A pending post is visible to its author and to the moderators of its board.
CAN_SEE_PENDING = {"alice", "carol", "mona", "erin"}


# The permission of each person is tested in test_roles.py. The page, which is one function for all
# actions, has to ask for it: of people without a role, with one elsewhere, and with every role.
ACTION_PEOPLE = ("visitor", "bob", "otto", "erin")


def expected_statuses() -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Yield each address with the expected status for each method and person."""
    for line in TABLE.strip().splitlines():
        address, get, post = (cell.strip() for cell in line.split("|"))
        yield address, {"get": statuses_of(get), "post": statuses_of(post)}
    for name, allowed in EXPECTED.items():
        kind = name.partition("-")[0]
        targets = ("bob", "dan", "carol") if kind == "person" else ("alice",)
        state = {"post": " visible", "thread": " open"}.get(kind, "")
        for target in targets:
            if kind == "person" and name not in person_routes(target):
                continue
            address = f"{name} {target}" if kind == "person" else name + state
            statuses = {
                method: statuses_of_action(kind, allowed[target], allowed_status)
                for method, allowed_status in (("get", "200"), ("post", "422"))
            }
            yield address, statuses


def statuses_of_action(kind: str, allowed: set[str], allowed_status: str) -> dict[str, str]:
    """Return the expected status of an action for each person to test."""
    is_pending = kind == "pending_post"
    refusals = {
        name: "404" if is_pending and name not in CAN_SEE_PENDING else "403" for name in PEOPLE
    }
    statuses = refusals | {"visitor": "in"} | dict.fromkeys(allowed, allowed_status)
    return {name: statuses[name] for name in (PEOPLE if is_pending else ACTION_PEOPLE)}


def statuses_of(cell: str) -> dict[str, str]:
    """Return the expected status for each person to test."""
    statuses = cell.split()
    if len(statuses) == 1:
        return dict.fromkeys(("visitor", "erin"), statuses[0])
    if len(statuses) == 2:
        return {"visitor": statuses[0], "dan": statuses[1], "erin": statuses[1]}
    return dict(zip(PEOPLE, statuses, strict=True))


EXPECTED_STATUSES = list(expected_statuses())
ADDRESSES = [address for address, _statuses in EXPECTED_STATUSES]


def get_status(scene: Scene, name: str, method: str, path: str) -> str:
    """Return the status of the response; `in` for a redirect to the login page."""
    with undone():
        response = getattr(scene.client(name), method)(path)
    is_login_redirect = response.status_code == 302 and response["Location"].startswith(
        "/accounts/login/"
    )
    return "in" if is_login_redirect else str(response.status_code)


def test_every_address_is_in_the_table(scene: Scene) -> None:
    visited = {key.split()[0] for key in addresses(scene) | admin_addresses(scene)}
    assert set(routes()) == visited
    assert {address for address, _statuses in EXPECTED_STATUSES} == set(addresses(scene))


def test_every_model_in_the_admin_has_a_rule() -> None:
    assert {model._meta.model_name for model in admin_site._registry} == set(CAN_VIEW)


@pytest.mark.parametrize(("address", "expected"), EXPECTED_STATUSES, ids=ADDRESSES)
def test_address_has_the_status_of_the_table_for_each_person(
    scene: Scene, address: str, expected: dict[str, dict[str, str]]
) -> None:
    path = addresses(scene)[address]
    found = {
        method: {name: get_status(scene, name, method, path) for name in statuses}
        for method, statuses in expected.items()
    }
    assert found == expected


def expected_erasure_status(step: str, name: str) -> str:
    """Return the status for a request of erin's, which another person has to confirm or refuse."""
    if name not in CAN_VIEW["erasure"]:
        return "403"
    return "422" if step == "refuse" else "302" if name == "carol" else "403"


def expected_admin_status(  # noqa: PLR0911, C901 - a table of rules
    route: str, method: str, name: str
) -> str:
    """Return the expected status of an admin page, by the rules above."""
    if name == "visitor":
        return "in"
    page = route.removeprefix("admin:")
    if name not in MODERATORS:
        return "in" if page == "login" else "403"
    if page in ADMIN_PAGES:
        return str(ADMIN_PAGES[page][method == "post"])
    _app, model, page = page.split("_")
    if page in ROW_STEPS.get(model, ()):
        if method == "get":
            return "405"
        if model == "erasure":
            return expected_erasure_status(page, name)
        return "404" if name == "otto" else "200" if page == "reporters" else "303"
    if page in {"add", "delete"}:
        people = CAN_CHANGE if page == "add" else CAN_ADD_OR_DELETE  # members are added only
        return "200" if name in people.get(model, ()) else "403"
    if page == "change" and method == "post":
        return "200" if name in CAN_CHANGE.get(model, ()) else "403"
    if name not in CAN_VIEW[model]:
        return "403"
    if page == "history":  # leads to the moderation log, of what that is about
        return "404" if model in {"case", "erasure", "moderationaction"} else "302"
    if page == "changelist" or name != "otto":
        return "200"
    # A row of another board behaves as if it did not exist: Django redirects to the index.
    if (model, page) == ("case", "change"):
        return "404"
    return "302" if page == "change" else "404"


# Everybody without access to the admin is refused in one place; testing POST is enough.
ADMIN_REQUESTS = [
    *(("get", name) for name in ADMIN_PEOPLE if name in MODERATORS),
    *(("post", name) for name in ADMIN_PEOPLE),
]


@pytest.mark.parametrize("route", [route for route in routes() if route.startswith("admin:")])
def test_admin_page_has_the_expected_status_for_each_person(scene: Scene, route: str) -> None:
    path = admin_addresses(scene)[route]
    expected = {each: expected_admin_status(route, *each) for each in ADMIN_REQUESTS}
    found = {
        (method, name): get_status(scene, name, method, path) for method, name in ADMIN_REQUESTS
    }
    assert found == expected
