"""Permissions: all rules about who may do what.

Each rule returns a `PermissionResult`: true when the action is allowed, else with the error to
raise or show. What may be *seen* is decided by `visible_to` of the querysets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from forum.errors import Conflict, Gone, Locked, LoggedOut, NotAllowed, Suspended, UserError
from forum.lib.clock import short_moment, was_within
from forum.models import (
    Appeal,
    Board,
    Case,
    Erasure,
    ModerationAction,
    PendingPost,
    Post,
    Restriction,
    Thread,
    User,
)
from forum.models.roles import moderators_except
from forum.models.visibility import Reader

NOTE_CAN_BE_DELETED = timedelta(minutes=10)
POST_CAN_BE_UNDELETED = timedelta(hours=24)
REPORTED_TEXT_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PermissionResult:
    """The result of a rule: allowed, or the error that says why not."""

    error: UserError | None = None

    def __bool__(self) -> bool:
        return self.error is None

    def enforce(self) -> None:
        """Raise the error if the action is not allowed."""
        if self.error is not None:
            raise self.error


ALLOWED = PermissionResult()


def _denied(error: UserError) -> PermissionResult:
    return PermissionResult(error)


def can_participate(person: Reader, board: Board | None = None) -> PermissionResult:
    """Check whether this person may write at all, or in that board."""
    if not isinstance(person, User) or not person.is_active:
        return _denied(LoggedOut())
    if person.is_suspended:
        return _denied(Suspended(_suspension_of(person)))
    restriction = person.roles.restriction(Restriction.Kind.SUSPENSION, board) if board else None
    if restriction:
        return _denied(Suspended(_("You are suspended from this board: %(reason)s") % restriction))
    return ALLOWED


def _can_speak(person: Reader, board: Board) -> PermissionResult:
    """Check whether this person may write anything new in that board."""
    if not isinstance(person, User):
        return ALLOWED
    restriction = person.roles.restriction(Restriction.Kind.SILENCE, board)
    if restriction:
        return _denied(Suspended(_("You can’t post here for now: %(reason)s") % restriction))
    return ALLOWED


def _suspension_of(person: User) -> str:
    """Return the message for a suspended person, with its end and reason."""
    action = person.suspended_action
    reason = action.reason if action else ""
    if person.suspended_until is None:
        return _("Your account is suspended: %(reason)s") % {"reason": reason}
    return _("Your account is suspended until %(until)s: %(reason)s") % {
        "until": short_moment(person.suspended_until, person.tzinfo),
        "reason": reason,
    }


def is_moderator_of(person: Reader, board: Board) -> bool:
    """Return whether this person moderates that board."""
    return isinstance(person, User) and person.is_staff and person.roles.is_moderator_of(board.pk)


def can_start_thread(person: Reader, board: Board) -> PermissionResult:
    """Check whether this person may start a thread in that board."""
    if board.closed_at:
        return _denied(Locked(_("This board is closed to new posts.")))
    return can_participate(person, board) and _can_speak(person, board)


def can_mail_thread(person: Reader, board: Board) -> PermissionResult:
    """Check whether this person may start a thread in that board by mail."""
    if not board.takes_mail:
        return _denied(NotAllowed(_("Threads can’t be started by mail in this board.")))
    return can_start_thread(person, board)


def can_reply(person: Reader, thread: Thread) -> PermissionResult:
    """Check whether this person may reply in that thread, whatever the post."""
    return _can_write_in(person, thread) and _can_speak(person, thread.board)


def _can_write_in(person: Reader, thread: Thread) -> PermissionResult:
    """Check whether that thread is open for writing to this person."""
    if thread.is_gone:
        return _denied(Gone(_("This thread no longer exists.")))
    if thread.board.closed_at:
        return _denied(Locked(_("This board is closed to new posts.")))
    if thread.is_locked and not is_moderator_of(person, thread.board):
        return _denied(Locked(_lock_of(thread, _("This thread is locked: %(reason)s"))))
    return can_participate(person, thread.board)


def _lock_of(locked: Thread | Post, text: str) -> str:
    """Return the message of a lock, made from `text` with the reason."""
    action = locked.locked_action
    if action is None:
        return _("This thread is locked.")
    return text % {"reason": action.reason}


def can_reply_to(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may reply to that post, given its branch."""
    permission = can_reply(person, post.thread)
    if not permission:
        return permission
    if post.is_deleted or (post.is_hidden and not is_moderator_of(person, post.thread.board)):
        return _denied(Conflict(_("The post you’re replying to was removed.")))
    return _in_open_branch(person, post)


def _in_open_branch(person: Reader, post: Post) -> PermissionResult:
    """Check that no branch around the post is locked to this person."""
    if is_moderator_of(person, post.thread.board):
        return ALLOWED
    locked = next((head for head in post.restricted_branches if head.is_locked), None)
    if locked is None:
        return ALLOWED
    return _denied(Locked(_lock_of(locked, _("This branch is locked: %(reason)s"))))


def can_edit(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may edit that post: authors, while it is published and unlocked."""
    if post.author_id != person.pk:
        return _denied(NotAllowed(_("Only the author can edit a post.")))
    if post.is_deleted:
        return _denied(Gone(_("This post was deleted.")))
    if post.is_hidden:
        return _denied(NotAllowed(_("A moderator hid this post, so you can’t edit it.")))
    return _can_write_in(person, post.thread) and _in_open_branch(person, post)


def can_delete(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may delete that post: authors, in locked threads too."""
    if post.author_id != person.pk:
        return _denied(NotAllowed(_("Only the author can delete a post.")))
    if post.is_deleted:
        return _denied(Gone(_("This post was deleted.")))
    return can_participate(person, post.thread.board)


def can_undelete(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may undo the deletion of that post: its author, for a day."""
    if post.author_id != person.pk:
        return _denied(NotAllowed(_("Only the author can undo this.")))
    if post.is_erased:
        return _denied(Gone(_("This post was permanently deleted.")))
    if post.deleted_at and not was_within(POST_CAN_BE_UNDELETED, post.deleted_at):
        return _denied(Gone(_("Deleting a post can only be undone for 24 hours.")))
    return can_participate(person, post.thread.board)


def can_change_title(person: Reader, opening: Post) -> PermissionResult:
    """Check whether this person may change the title of their thread, given its opening post.

    That is allowed as long as they may edit the opening post.
    """
    if opening.author_id != person.pk:
        return _denied(NotAllowed(_("Only the author can change the title.")))
    return can_edit(person, opening)


def can_tag(person: Reader, opening: Post) -> PermissionResult:
    """Check whether this person may choose the tags of their thread, given its opening post."""
    if opening.author_id != person.pk:
        return _denied(NotAllowed(_("Only the author and moderators can change the tags.")))
    return can_edit(person, opening)


def can_report(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may report that post: members, others' posts that they can read."""
    permission = can_participate(person)
    if not permission:
        return permission
    if post.author_id == person.pk:
        return _denied(NotAllowed(_("You can’t report your own post. You can delete it instead.")))
    if post.is_deleted or post.is_hidden:
        return _denied(Gone(_("This post has already been removed.")))
    return ALLOWED


def can_ignore(person: Reader, other: User) -> PermissionResult:
    """Check whether this person may ignore another: every member, for themselves alone."""
    if not isinstance(person, User) or not person.is_active:
        return _denied(LoggedOut())
    if person.pk == other.pk:
        return _denied(NotAllowed(_("You can’t ignore yourself.")))
    if other.is_erased:
        return _denied(Gone(_("This account was permanently deleted.")))
    return ALLOWED


def can_bookmark(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may bookmark that post, as `visible_to` gave it: if readable."""
    if not isinstance(person, User) or not person.is_active:
        return _denied(LoggedOut())
    if not post.is_readable:
        return _denied(Gone(_("This post was removed.")))
    return ALLOWED


def can_see_reporters(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may see who reported a post; never a post of their own."""
    if post.author_id == person.pk:
        return _denied(NotAllowed(_("You can’t see who reported your own post.")))
    return can_moderate(person, post.thread.board)


def can_answer_reports(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may decide on reports of that post; not if it is theirs."""
    if post.author_id == person.pk:
        return _denied(
            NotAllowed(_("This is about your own post. Another moderator has to decide."))
        )
    board = post.thread.board
    if isinstance(person, User) and person.roles.rank(board) < post.author.roles.rank(board):
        return _denied(NotAllowed(_("Only a moderator of the same or a higher rank can do that.")))
    return can_moderate(person, board)


def can_read_reported_text(person: Reader, case: Case) -> PermissionResult:
    """Check whether this moderator may read what was reported of a post that its author deleted.

    While the case is open, and for `REPORTED_TEXT_KEPT` after the post was deleted.
    """
    post = case.post
    if post is None or post.deleted_at is None or post.is_erased:
        return _denied(Gone(_("This post was permanently deleted.")))
    if not case.is_open and not was_within(REPORTED_TEXT_KEPT, post.deleted_at):
        return _denied(Gone(_("This post was deleted.")))
    return can_answer_reports(person, post)


def can_moderate(person: Reader, board: Board) -> PermissionResult:
    """Check whether this person may hide, lock, pin and move in that board."""
    if is_moderator_of(person, board):
        return ALLOWED
    return _denied(NotAllowed(_("Only moderators of this board can do that.")))


def _can_moderate_place(person: Reader, board: Board | None) -> PermissionResult:
    """Check the same; for a board that no longer exists, only moderators of the site may."""
    if board is not None:
        return can_moderate(person, board)
    if isinstance(person, User) and person.is_staff and person.roles.is_site_moderator:
        return ALLOWED
    return _denied(NotAllowed(_("Only moderators of the whole site can do that.")))


def can_work_on(person: Reader, case: Case) -> PermissionResult:
    """Check whether this person may work on a case of the review queue."""
    return _can_moderate_place(person, case.board)


def can_decide_on(person: Reader, pending: PendingPost) -> PermissionResult:
    """Check whether this person may approve or reject a pending post."""
    permission = _can_moderate_place(person, pending.place)
    return permission and can_act_on(person, pending.author, pending.place)


def can_withdraw(person: Reader, pending: PendingPost) -> PermissionResult:
    """Check whether this person may withdraw a pending post: its author, even if suspended."""
    if pending.author_id != person.pk:
        return _denied(NotAllowed(_("Only its author can withdraw a pending post.")))
    if pending.state == PendingPost.State.APPROVED:
        return _denied(Gone(_("This post has already been published.")))
    return ALLOWED


def can_remove_thread(person: Reader, thread: Thread) -> PermissionResult:
    """Check whether this person may remove that thread, or undo that."""
    return can_moderate(person, thread.board) and can_act_on(person, thread.author, thread.board)


def can_moderate_thread(person: Reader, thread: Thread) -> PermissionResult:
    """Check whether this person may lock, pin and move that thread."""
    return can_moderate(person, thread.board)


def can_restrict_branch(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may lock the branch of that post or set slow mode."""
    return can_moderate(person, post.thread.board)


can_move = can_restrict_branch  # a branch; the target must be theirs to moderate, too


def can_hide(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may hide that post, or undo that."""
    permission = can_moderate(person, post.thread.board)
    return permission and can_act_on(person, post.author, post.thread.board)


def can_edit_as_moderator(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may edit somebody else's post."""
    if post.is_deleted:
        return _denied(Gone(_("This post was deleted.")))
    return can_hide(person, post)


def can_act_on(person: Reader, other: User, board: Board | None = None) -> PermissionResult:
    """Check whether this person outranks another; nobody may act on themselves."""
    if person.pk == other.pk:
        return _denied(NotAllowed(_("You can’t moderate yourself.")))
    if not isinstance(person, User) or person.roles.rank(board) <= other.roles.rank(board):
        return _denied(NotAllowed(_("You can only moderate members of a lower rank.")))
    return ALLOWED


def can_suspend(person: Reader, other: User) -> PermissionResult:
    """Check whether this person may suspend another: moderators of the site, by rank."""
    if not isinstance(person, User) or not person.is_staff or not person.roles.is_site_moderator:
        return _denied(NotAllowed(_("Only moderators of the whole site can do that.")))
    return can_act_on(person, other)


def can_sanction_in(person: Reader, other: User, board: Board | None) -> PermissionResult:
    """Check whether this person may warn, silence or suspend in that board, or everywhere."""
    if board is None:
        return can_suspend(person, other)
    return can_moderate(person, board) and can_act_on(person, other, board)


def can_sanction(person: Reader, other: User) -> PermissionResult:
    """Check whether this person may do so in any board."""
    if not isinstance(person, User) or not person.is_staff:
        return _denied(NotAllowed(_("Only moderators can do that.")))
    if person.roles.is_site_moderator:
        return can_suspend(person, other)
    results = [
        can_act_on(person, other, board)
        for board in Board.objects.filter(pk__in=person.roles.board_ids)
    ]
    return next((permission for permission in results if permission), results[0])


can_note = can_sanction  # notes are about those whom one could sanction


def can_erase(person: Reader, post: Post) -> PermissionResult:
    """Check whether this person may request or confirm the permanent deletion of a post."""
    return can_hide(person, post) and can_suspend(person, post.author)


def can_anonymise(person: Reader, other: User) -> PermissionResult:
    """Check whether this person may request the permanent deletion of another's account."""
    return can_configure(person) and can_act_on(person, other)


def can_manage_account(person: Reader, other: User) -> PermissionResult:
    """Check whether this person may set another's password or address, or close the account."""
    return can_configure(person) and can_act_on(person, other)


def can_confirm_erasure(person: Reader, asked: Erasure) -> PermissionResult:
    """Check whether this person may confirm the deletion: a second person who may request it."""
    if person.pk in (asked.asked_by_id, asked.person_id):
        return _denied(NotAllowed(_("A different person has to confirm this.")))
    if asked.post:
        return can_erase(person, asked.post)
    assert asked.person
    if not asked.is_own:
        return can_suspend(person, asked.person)
    return can_configure(person)


def can_undo(person: Reader, action: ModerationAction) -> PermissionResult:
    """Check whether this person may undo that action: moderators, by board and rank."""
    if not isinstance(person, User) or not person.is_staff:
        return _denied(NotAllowed(_("Only moderators can do that.")))
    if action.type.topic == "notes":
        return _can_delete_note(person, action)
    if action.type.is_irreversible:
        return _denied(NotAllowed(_("This can’t be undone.")))
    return _can_undo_there(person, action)


def _can_undo_there(person: User, action: ModerationAction) -> PermissionResult:
    """Check whether this person moderates there and ranks no lower than the actor."""
    if action.board and not person.roles.is_moderator_of(action.board.pk):
        return _denied(NotAllowed(_("Only moderators of this board can do that.")))
    if not action.board and not person.roles.is_site_moderator:
        return _denied(NotAllowed(_("Only moderators of the whole site can do that.")))
    if action.actor.roles.rank(action.board) > person.roles.rank(action.board):
        return _denied(NotAllowed(_("You can’t undo an action by someone of a higher rank.")))
    return ALLOWED


def _can_delete_note(person: User, action: ModerationAction) -> PermissionResult:
    """Check whether this person may delete a note: its author, for ten minutes."""
    if action.actor_id != person.pk:
        return _denied(NotAllowed(_("Only its author can delete a note.")))
    if not was_within(NOTE_CAN_BE_DELETED, action.created_at):
        return _denied(NotAllowed(_("A note can only be deleted within ten minutes.")))
    return ALLOWED


def can_appeal(person: User, action: ModerationAction) -> PermissionResult:
    """Check whether this person may appeal: those whom the action affects, until it is undone."""
    if not action.type.can_be_appealed:
        return _denied(NotAllowed(_("This can’t be appealed.")))
    if not person.moderation_notifications.filter(action=action, cause="deed").exists():
        return _denied(NotAllowed(_("Only the people affected can appeal.")))
    if ModerationAction.objects.filter(undoes=action).exists():
        return _denied(NotAllowed(_("It was already undone.")))
    return ALLOWED


def can_answer_appeal(person: Reader, appeal: Appeal) -> PermissionResult:
    """Check whether this person may decide on an appeal: if possible, not the actor."""
    action = appeal.action
    permission = can_undo(person, action)
    if not permission:
        return permission
    if person.pk == appeal.member_id:
        return _denied(NotAllowed(_("You can’t decide your own appeal.")))
    if person.pk != action.actor_id:
        return ALLOWED
    rank = action.actor.roles.rank(action.board)
    others = {person.pk, appeal.member_id}
    if any(each.roles.rank(action.board) >= rank for each in moderators_except(others)):
        return _denied(NotAllowed(_("An appeal must be decided by a different moderator.")))
    return ALLOWED


def can_access_admin(person: Reader) -> bool:
    """Return whether the moderation admin is open to this person."""
    return isinstance(person, User) and person.is_staff


def can_list_members(person: Reader) -> bool:
    """Return whether this person may list all members with their e-mail addresses."""
    return isinstance(person, User) and person.is_staff and person.roles.is_site_moderator


def can_administer(person: Reader) -> bool:
    """Return whether this person may set up boards and appoint moderators."""
    return isinstance(person, User) and person.is_superuser and not person.is_suspended


def can_make_tags(person: Reader) -> PermissionResult:
    """Check whether this person may make, rename and merge tags: moderators of the whole site."""
    return _can_moderate_place(person, None)


def can_configure(person: Reader) -> PermissionResult:
    """Check whether this person may configure reason templates and review rules."""
    if can_administer(person):
        return ALLOWED
    return _denied(NotAllowed(_("Only administrators can do that.")))
