"""All settings, read from environment variables; docs/settings.md explains each.

Development and production differ by environment, not by file. Invalid values are refused at start.
"""

from __future__ import annotations

import re
import secrets
import sys
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import unquote
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()


def _choice(name: str, default: bool) -> bool:
    """Return a yes/no setting; raise for anything else."""
    value = env.str(name, default=str(default)).lower()
    if value not in {"true", "false", "1", "0", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be True or False, not {value!r}.")
    return value in {"true", "1", "yes"}


def _number(name: str, default: int, least: int = 0) -> int:
    """Return a setting that is a whole number of at least `least`; raise for anything else."""
    value = env.str(name, default=str(default)).strip()
    if not (value.isascii() and value.isdecimal() and int(value) >= least):
        raise ImproperlyConfigured(
            f"{name} must be a whole number of at least {least}, not {value!r}."
        )
    return int(value)


def _sender(value: str) -> str:
    """Return `value` as a sender with one address; raise for anything else."""
    name, bracket, address = value.strip().rpartition("<")
    try:
        if bool(bracket) != address.endswith(">") or (">" in name and not name.startswith('"')):
            raise ValueError
        return str(Address(unquote(name.strip()), addr_spec=address.removesuffix(">").strip()))
    except (ValueError, IndexError, MessageError) as error:
        raise ImproperlyConfigured(
            f"DEFAULT_FROM_EMAIL must be one address, like 'Forum <forum@example.org>',"
            f" not {value!r}."
        ) from error


def _host(name: str) -> str:
    """Return a setting that is a host name, in lower case; raise for anything else."""
    value: str = env.str(name, default="").strip().lower()
    if value and not re.fullmatch(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*", value):
        raise ImproperlyConfigured(f"{name} must be a host name, not {value!r}.")
    return value


def _secret_key(data_dir: Path, production: bool) -> str:
    """Return SECRET_KEY or, outside production, a key that is stored in the data directory."""
    key: str = env.str("SECRET_KEY", default="")
    if key:
        return key
    if production:
        raise ImproperlyConfigured("PRODUCTION needs SECRET_KEY (or SECRET_KEY_FILE).")
    kept = data_dir / "secret_key"
    try:
        if not kept.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600, exist_ok=True)
            kept.write_text(secrets.token_urlsafe(50))
        return kept.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR cannot be used: {error}. Choose another directory."
        ) from error


# Paths and mode
DATA_DIR = (BASE_DIR / Path(env.str("DATA_DIR", default="") or "var").expanduser()).resolve()
PRODUCTION = _choice("PRODUCTION", False)
DEBUG = _choice("DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("PRODUCTION and DEBUG can't both be set.")
SECRET_KEY = _secret_key(DATA_DIR, PRODUCTION)

# The site
PORT = _number("PORT", 8000)
SITE_NAME = env.str("SITE_NAME", default="") or "Plait"
if not SITE_NAME.isprintable():
    raise ImproperlyConfigured(f"SITE_NAME must be one line of text, not {SITE_NAME!r}.")
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("PRODUCTION needs ALLOWED_HOSTS, with the site's names in it.")

INSTALLED_APPS = [
    "forum",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "mptt",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "forum.middleware.ContentSecurityPolicy",  # of static files too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "forum.middleware.RequestLog",
    "forum.middleware.ResponseMark",
    "forum.middleware.VisitorLimits",  # before anything is done for a visitor
    "forum.page_cache.PageCache",
    "django.middleware.common.CommonMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "forum.middleware.QuietPolls",  # before all that looks for a member
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "forum.middleware.ReaderTimeZone",
    "forum.page_cache.CacheHeaders",
    "forum.middleware.ReplicaPosition",
    "forum.middleware.ErrorPages",
]

ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "forum.lib.template_loader.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "forum.context.site",
            ],
        },
    }
]

# PostgreSQL always: the server in DATABASE_URL, or an embedded one in DATA_DIR.
EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
if not EMBEDDED_DATABASE:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
    if "postgresql" not in DATABASES["default"]["ENGINE"]:
        raise ImproperlyConfigured("DATABASE_URL must be a postgres:// address.")
elif PRODUCTION:
    raise ImproperlyConfigured("PRODUCTION needs DATABASE_URL.")
else:
    from forum import database

    # `manage.py db` starts and stops the server itself.
    by_hand = sys.argv[1:2] == ["db"]
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            **({} if by_hand else database.ensure(DATA_DIR)),
        }
    }
# The address for the web server and the worker, when this process connects as the owner of the
# tables: `setup` makes the role in it, and `serve` hands it on.
APPLICATION_DATABASE_URL = env.str("APPLICATION_DATABASE_URL", default="")
# A streaming replica that pages are read from, see forum/lib/replica.py.
if REPLICA_DATABASE_URL := env.str("REPLICA_DATABASE_URL", default=""):
    DATABASES["replica"] = env.db_url_config(REPLICA_DATABASE_URL)
REPLICA_MAX_LAG = _number("REPLICA_MAX_LAG", 10, least=1)  # seconds
for connection_settings in DATABASES.values():
    connection_settings |= {
        "CONN_MAX_AGE": _number("CONN_MAX_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        # Transaction pooling (pgbouncer) keeps no cursor open between statements.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
    connection_settings.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds
    if _choice("PREPARED_STATEMENTS", True):
        # Hot queries (`forum.lib.prepared_queries`) are planned once in each connection.
        given = connection_settings["OPTIONS"].get("options", "")
        connection_settings["OPTIONS"] |= {
            "prepare_threshold": 0,  # at once
            "options": f"{given} -c plan_cache_mode=force_generic_plan".strip(),
        }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# django-allauth keeps its rate limits here: shared by all processes, and never culled, so that many
# entries cannot push one out. `forget_stale_limits` deletes the stale ones.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "forum_cache",
        "OPTIONS": {"MAX_ENTRIES": sys.maxsize},
    }
}

# Whether programs may learn from the posts: said in a header and in robots.txt (IETF AIPREF)
AI_TRAINING = env.str("AI_TRAINING", default="") or "unsaid"
if AI_TRAINING not in {"allow", "refuse", "unsaid"}:
    raise ImproperlyConfigured(f"AI_TRAINING must be allow, refuse or unsaid, not {AI_TRAINING!r}.")
CONTENT_USAGE = {"allow": "train-ai=y", "refuse": "train-ai=n", "unsaid": ""}[AI_TRAINING]

# Pages for visitors that each web process keeps in memory; 0 keeps none
PAGE_CACHE_MB = _number("PAGE_CACHE_MB", 64)

# Costly pages, such as searches, a minute for all visitors from one network; 0 sets no limit
COSTLY_PER_NETWORK = _number("COSTLY_PER_NETWORK", 60)
# Requests a minute for all visitors from one network, whatever they ask for; 0 sets no limit
REQUESTS_PER_NETWORK = _number("REQUESTS_PER_NETWORK", 600)

# People
AUTH_USER_MODEL = "forum.User"
AUTHENTICATION_BACKENDS = ["forum.models.sessions.AuthenticationBackend"]
SESSION_ENGINE = "forum.models.sessions"
ADMIN_NAME = env.str("ADMIN_NAME", default="admin")
ADMIN_PASSWORD = env.str("ADMIN_PASSWORD", default="")  # empty: one is made and shown once
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 4 * 60 * 60  # seconds

# Accounts (django-allauth): one address a person, confirmed by a link before the first log in.
ACCOUNT_ADAPTER = "forum.forms.adapter.Adapter"
ACCOUNT_FORMS = {
    name: f"forum.forms.accounts.{form}"
    for name, form in {
        "login": "LoginForm",
        "signup": "SignupForm",
        "add_email": "ChangeEmailForm",
        "change_password": "ChangePasswordForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "NewPasswordForm",
        "reauthenticate": "ReauthenticateForm",
    }.items()
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, and only there
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # even while somebody else uses up all attempts
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,5/h/key"}
# The number of our proxies that add to X-Forwarded-For; without one anybody can write that header.
ALLAUTH_TRUSTED_PROXY_COUNT = _number("TRUSTED_PROXIES", 1 if PRODUCTION else 0)

# Whether members read the names of moderators, instead of “a moderator of Gardening”
MODERATOR_NAMES = _choice("MODERATOR_NAMES", default=False)

# Limits of new members, and pending posts
HOLD_FIRST_POSTS = _number("HOLD_FIRST_POSTS", 0)  # of each account
NEW_MEMBER_POSTS = _number("NEW_MEMBER_POSTS", 5)
NEW_MEMBER_DAYS = _number("NEW_MEMBER_DAYS", 1)
NEW_MEMBER_LINKS = _number("NEW_MEMBER_LINKS", 2)  # a post
NEW_MEMBER_MENTIONS = _number("NEW_MEMBER_MENTIONS", 5)  # a post
NEW_MEMBER_HOURLY = _number("NEW_MEMBER_HOURLY", 10, least=1)  # posts, threads among them

# Language and time
LANGUAGE_CODE = "en"  # the only language of the pages
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = False  # there are no translations, and looking for them takes time
USE_TZ = True

# Static files
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / (env.str("STATIC_ROOT", default="") or "static")
STATICFILES_BACKEND = env.str(
    "STATICFILES_BACKEND",
    default=(
        "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "forum.static_files.HashedStaticFiles"
    ),
)
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # half the files, half the time to compress them
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATICFILES_BACKEND},
}

# Mail: queued in the database, sent by the worker; to the console while EMAIL_URL is not set.
EMAIL_BACKEND = "forum.jobs.mail.OutboxBackend"
EMAIL_SERVER = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = _sender(
    env.str("DEFAULT_FROM_EMAIL", default="") or str(Address(SITE_NAME, "forum", "localhost"))
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Mail that is received: the domain of the addresses for replies; without one none is.
INCOMING_MAIL_HOST = _host("INCOMING_MAIL_HOST")
# The name with which our own mail server signs Authentication-Results (RFC 8601).
AUTHSERV_ID = _host("AUTHSERV_ID") or INCOMING_MAIL_HOST
# A mailbox to poll for it, if our mail server does not deliver it: imaps://user:password@host
IMAP_URL = env.str("IMAP_URL", default="")

# Safety
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
DEVICE_COOKIE_NAME = "device"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
REPLICA_COOKIE_NAME = "written"
CSRF_FAILURE_VIEW = "forum.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # a post is at most 20,000 characters
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = _choice("HSTS_INCLUDE_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = _choice("HSTS_PRELOAD", False)
    # Both are for the operator to decide: there may be other sites below this one.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
    REPLICA_COOKIE_NAME = "__Host-written"
    DEVICE_COOKIE_NAME = "__Host-device"

# Every request, with the member and the address that it came from
ACCESS_LOG = _choice("ACCESS_LOG", PRODUCTION)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "forum.lib.outages.OneLineFormatter",
            "format": "{asctime} {levelname} {name} {request_id}: {message}",
            "style": "{",
        }
    },
    "filters": {
        "outages": {"()": "forum.lib.outages.OutageFilter"},
        "request_id": {"()": "forum.lib.request_log.RequestIdFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["outages", "request_id"],
        }
    },
    # Of aiosmtpd: it would log all addresses, with the tokens in them.
    "loggers": {"mail.log": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
