"""The forum's own settings, but for what only costs time in tests."""

from forum.settings import *  # noqa: F403
from forum.settings import DATABASES, MIDDLEWARE, STORAGES

# No collecting before a test.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# People of tests are no newcomers; those who are have tests of their own.
NEW_MEMBER_POSTS = NEW_MEMBER_DAYS = 0
# What a crash would lose is nothing here.
OPTIONS = DATABASES["default"].get("OPTIONS", {}) | {"options": "-c synchronous_commit=off"}
DATABASES["default"]["OPTIONS"] = OPTIONS
# Tests look for pieces of HTML, whatever the layout of its template.
MIDDLEWARE = ["tests.flat_html.FlatHtml", *MIDDLEWARE]
