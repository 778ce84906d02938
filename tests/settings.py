"""Settings of the tests: the forum's own, without the parts that only cost time."""

from forum.settings import *  # noqa: F403
from forum.settings import DATABASES, MIDDLEWARE, STORAGES

# Static files are not collected before a test.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Members are no new members; tests of their limits change this.
NEW_MEMBER_POSTS = NEW_MEMBER_DAYS = 0
# Tests in a transaction never commit, which is when the version of cached pages changes.
PAGE_CACHE_MB = 0
# All tests come from one address.
COSTLY_PER_NETWORK = REQUESTS_PER_NETWORK = 0
# Data lost in a crash does not matter here.
OPTIONS = DATABASES["default"]["OPTIONS"]
OPTIONS["options"] = f"{OPTIONS.get('options', '')} -c synchronous_commit=off".strip()
# Tests look for pieces of HTML, regardless of the layout of its template.
MIDDLEWARE = ["tests.flat_html.FlatHtml", *MIDDLEWARE]
