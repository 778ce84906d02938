"""Notifications about moderation, as entries of the inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import (
    Appeal,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    PendingPost,
    Thread,
    User,
)
from forum.models.posts import post_path


@dataclass(frozen=True, slots=True)
class NotificationEntry:
    """One notification, or several about reports that one action closed."""

    notifications: Sequence[ModerationNotification]
    saying: str
    address: str
    reason: str
    by: str = ""  # who did it, as members are told
    detail: str = ""  # what it is about, if the excerpt and the place do not say it
    words: str = ""  # of the post, as far as the reader may read them
    place: Thread | None = None  # where that is; only threads that the reader may open
    changes: str = ""  # where to see what was edited
    appeal: str = ""  # where to appeal against it

    template = "inbox/_moderation_notification.html"

    @property
    def notification(self) -> ModerationNotification:
        """The latest of them."""
        return self.notifications[0]

    @property
    def id(self) -> str:
        return f"m{self.notification.pk}"


class _Context:
    """The threads, pending posts and appeals that notifications are about, loaded together."""

    def __init__(self, notifications: Sequence[ModerationNotification], reader: User) -> None:
        actions = {each.action_id for each in notifications if each.action_id}
        effects = ModerationEffect.objects.filter(action__in=actions).order_by("id")
        # The threads of each action; first those that posts were moved to.
        self._threads_of: dict[int, list[int]] = {}
        for effect in effects.filter(kind=ModerationEffect.Kind.THREAD):
            known = self._threads_of.setdefault(effect.action_id, [])
            has_grown = effect.after.get("posts", 0) > effect.before.get("posts", 0)
            known.insert(0 if has_grown else len(known), effect.target_id)
        of_pending = effects.filter(kind=ModerationEffect.Kind.PENDING_POST)
        pending_of = dict(of_pending.values_list("action", "target_id"))
        mine = PendingPost.objects.with_context().filter(author=reader)
        pending = mine.in_bulk(set(pending_of.values()))
        self.pending = {action: pending[pk] for action, pk in pending_of.items() if pk in pending}
        appeals = Appeal.objects.filter(member=reader, record__in=actions).select_related("action")
        self.appeals = {appeal.record_id: appeal for appeal in appeals}
        ids = {pk for each in notifications for pk in self._thread_ids(each)}
        self._threads = Thread.objects.visible_to(reader).filter(merged_into=None).in_bulk(ids)

    def place_of(self, notification: ModerationNotification) -> Thread | None:
        """Return the thread that a notification is about, if the reader may open it."""
        found = (self._threads.get(pk) for pk in self._thread_ids(notification))
        return next((thread for thread in found if thread), None)

    def _thread_ids(self, notification: ModerationNotification) -> list[int]:
        if notification.post:
            return [notification.post.thread_id]
        action = notification.action
        if action is None:
            return []
        pending = self.pending.get(action.pk)
        if pending and pending.thread:
            return [pending.thread.pk]
        return [action.thread_id] if action.thread_id else self._threads_of.get(action.pk, [])


def notifications_in_words(
    notifications: Iterable[ModerationNotification], reader: User
) -> list[NotificationEntry]:
    """Describe these notifications of a reader, which were queried `with_context`.

    Reports that were closed together are one entry.
    """
    found = list(notifications)
    context = _Context(found, reader)
    groups: dict[object, list[ModerationNotification]] = {}
    for each in found:
        is_report_answered = each.report is not None and each.action_id is not None
        key = ("reports", each.action_id) if is_report_answered else each.pk
        groups.setdefault(key, []).append(each)
    return [_in_words(group, context) for group in groups.values()]


def _in_words(group: list[ModerationNotification], context: _Context) -> NotificationEntry:
    notification = group[0]
    if notification.cause == ModerationNotification.Cause.CASE:
        return _of_case(notification)
    if notification.report:
        return _of_reports(group, context)
    if notification.action:
        return _of_action(notification, notification.action, context)
    return _of_work(notification)


def _of_work(notification: ModerationNotification) -> NotificationEntry:
    """Describe new work for moderators; the link leads to the list of what is open now."""
    cause = ModerationNotification.Cause(notification.cause)
    saying, address = {
        cause.NEW_CASE: (_("There is something new to review."), reverse("admin:index")),
        cause.NEW_APPEAL: (_("There is a new appeal to decide."), reverse("appeals")),
        cause.NEW_ERASURE: (
            _("There is a new request for permanent deletion."),
            f"{reverse('admin:forum_erasure_changelist')}?state=open",
        ),
        cause.ERASURE_DUE: (
            _("A request for permanent deletion is due within a week."),
            f"{reverse('admin:forum_erasure_changelist')}?state=due",
        ),
    }[cause]
    return NotificationEntry([notification], saying, address, reason="")


def _of_case(notification: ModerationNotification) -> NotificationEntry:
    """Describe the assignment of a case, with its note as the reason."""
    assert notification.action
    saying = _("%(name)s assigned a case to you.") % {"name": notification.action.actor.username}
    if notification.post:
        address = reverse("admin:forum_case_change", args=[notification.post.case.pk])
    else:  # of a post that waits
        address = f"{reverse('admin:index')}?by=me"
    return NotificationEntry(
        [notification],
        saying,
        address,
        notification.action.reason,
        words=notification.shown_excerpt,
    )


def _of_reports(group: list[ModerationNotification], context: _Context) -> NotificationEntry:
    """Describe the outcome of a member's reports: on one post, or on several at once."""
    reports = [each.report for each in group if each.report]
    report, notification = reports[0], group[0]
    outcome = report.get_outcome_display()
    if len(reports) > 1:
        saying = _("Your reports on %(count)d posts: %(outcome)s.")
        saying = saying % {"count": len(reports), "outcome": outcome}
    else:
        author = notification.post.author if notification.post else _("someone")
        saying = _("Your report on %(name)s’s post: %(outcome)s.")
        saying = saying % {"name": author, "outcome": outcome}
    reasons = dict.fromkeys(str(each.get_reason_display()) for each in reports)
    return NotificationEntry(
        group,
        saying,
        post_path(report.post_id),
        notification.action.reason if notification.action else "",
        detail=_("You reported: %(reasons)s") % {"reasons": ", ".join(reasons)},
        words=notification.shown_excerpt if len(reports) == 1 else "",
        place=context.place_of(notification),
    )


def _of_action(
    notification: ModerationNotification, action: ModerationAction, context: _Context
) -> NotificationEntry:
    if notification.cause == ModerationNotification.Cause.APPEAL:
        return _of_appeal(notification, action, context)
    address = action.get_absolute_url()
    topic = action.type.topic
    if topic == "pending posts":
        address = reverse("pending-posts")
        if action.act == "approve-pending-post" and notification.post_id:
            address = post_path(notification.post_id)
    pending = context.pending.get(action.pk)
    default = _("A moderator %(did)s.") % {"did": action.get_act_display()}
    return NotificationEntry(
        [notification],
        str(action.type.notification or default),
        address,
        action.reason,
        by=action.moderator,
        words=notification.shown_excerpt or (pending.title or pending.excerpt if pending else ""),
        place=context.place_of(notification),
        changes=(
            reverse("post-history", args=[notification.post_id])
            if topic == "edits" and notification.post_id
            else ""
        ),
        appeal=reverse("log-appeal", args=[action.pk]) if action.type.can_be_appealed else "",
    )


def _of_appeal(
    notification: ModerationNotification, action: ModerationAction, context: _Context
) -> NotificationEntry:
    """Describe the decision on an appeal, with what the appeal was about."""
    is_declined = action.act == "decline-appeal"
    appeal = context.appeals.get(action.pk)
    return NotificationEntry(
        [notification],
        _("Your appeal was declined.") if is_declined else _("Your appeal was upheld."),
        reverse("log-appeal", args=[appeal.action_id]) if appeal else action.get_absolute_url(),
        action.reason,
        detail=str(appeal.action.type.notification) if appeal else "",
        words=notification.shown_excerpt,
        place=context.place_of(notification),
    )
