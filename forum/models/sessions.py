"""The session and the member of a request, which most requests ask for first."""

from __future__ import annotations

from allauth.account import auth_backends
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.functions import Now

from forum.lib.prepared_queries import PreparedQuery
from forum.models.accounts import User
from forum.models.roles import fetch_member


def _session(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=Now())


SESSION = PreparedQuery(_session)


class SessionStore(db.SessionStore):
    """Django's sessions in the database, read by a prepared query."""

    def _get_session_from_db(self) -> Session | None:
        session = SESSION.first(self.session_key)
        if session is None:
            self._session_key = None
        return session


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """The backend of django-allauth; finds the member of a session with their roles."""

    def get_user(self, user_id: int) -> User | None:
        member = fetch_member(user_id)
        return member if member and self.user_can_authenticate(member) else None
