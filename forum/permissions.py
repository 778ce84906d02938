"""What may be done, by whom: the forum's rules on one page.

Each rule returns a `PermissionResult`: true when the action is allowed, else with the error to
raise or to show. What may be *seen* is `visible_to` of the querysets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from forum.errors import Conflict, Gone, Locked, LoggedOut, NotAllowed, Suspended, UserError
from forum.lib.clock import was_within
from forum.models import (
    Appeal,
    Board,
    Case,
    Erasure,
    HeldPost,
    ModerationAction,
    Post,
    Restriction,
    Thread,
    User,
)
from forum.models.acts import NOTES
from forum.models.roles import moderators_except
from forum.models.threads import Reader
from forum.queries.branches import restricted_branches_above

NOTE_CAN_BE_DELETED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PermissionResult:
    error: UserError | None = None

    def __bool__(self) -> bool:
        return self.error is None

    def enforce(self) -> None:
        """Raise the refusal, if there is one."""
        if self.error is not None:
            raise self.error


ALLOWED = PermissionResult()


def _denied(error: UserError) -> PermissionResult:
    return PermissionResult(error)


def can_participate(person: Reader, board: Board | None = None) -> PermissionResult:
    """Whether this person may write here at all, or in that board."""
    if not isinstance(person, User) or not person.is_active:
        return _denied(LoggedOut())
    if person.is_suspended:
        return _denied(Suspended(_suspension_of(person)))
    kept = person.roles.restriction(Restriction.Kind.SUSPENSION, board) if board else None
    if kept:
        return _denied(Suspended(_("You are suspended from this board: %(reason)s") % kept))
    return ALLOWED


def _can_speak(person: Reader, board: Board) -> PermissionResult:
    """Whether this person may write anything new in that board."""
    kept = isinstance(person, User) and person.roles.restriction(Restriction.Kind.SILENCE, board)
    if kept:
        return _denied(Suspended(_("You can’t write anything new here for now: %(reason)s") % kept))
    return ALLOWED


def _suspension_of(person: User) -> str:
    action = person.suspended_action
    reason = action.reason if action else ""
    if person.suspended_until is None:
        return _("Your account is suspended: %(reason)s") % {"reason": reason}
    return _("Your account is suspended until %(until)s: %(reason)s") % {
        "until": person.suspended_until.astimezone(person.tzinfo).strftime("%Y-%m-%d %H:%M"),
        "reason": reason,
    }


def is_moderator_of(person: Reader, board: Board) -> bool:
    """Whether this person keeps order in that board."""
    return isinstance(person, User) and person.is_staff and person.roles.is_moderator_of(board.pk)


def can_start_thread(person: Reader, board: Board) -> PermissionResult:
    if board.is_closed:
        return _denied(Locked(_("This board is closed: its threads can be read, not added to.")))
    return can_participate(person, board) and _can_speak(person, board)


def can_reply(person: Reader, thread: Thread) -> PermissionResult:
    """Whether this person may answer in that thread, as far as the thread goes."""
    return _can_write_in(person, thread) and _can_speak(person, thread.board)


def _can_write_in(person: Reader, thread: Thread) -> PermissionResult:
    """Whether that thread is open to what this person writes."""
    if thread.is_deleted or thread.merged_into_id:
        return _denied(Gone(_("This thread isn’t here any more.")))
    if thread.board.is_closed:
        return _denied(Locked(_("This board is closed: its threads can be read, not added to.")))
    if thread.is_locked and not is_moderator_of(person, thread.board):
        return _denied(Locked(_lock_of(thread, _("%(name)s locked this thread: %(reason)s"))))
    return can_participate(person, thread.board)


def _lock_of(locked: Thread | Post, told: str) -> str:
    action = locked.locked_action
    if action is None:
        return _("This thread is locked.")
    return told % {"name": action.actor.username, "reason": action.reason}


def can_answer(person: Reader, post: Post) -> PermissionResult:
    """Whether this person may answer that very post."""
    permission = can_reply(person, post.thread)
    if not permission:
        return permission
    if post.is_deleted or (post.is_hidden and not is_moderator_of(person, post.thread.board)):
        return _denied(Conflict(_("The post you answer was removed.")))
    return _in_open_branch(person, post)


def _in_open_branch(person: Reader, post: Post) -> PermissionResult:
    """Whether no branch that the post is in is locked to this person."""
    if is_moderator_of(person, post.thread.board):
        return ALLOWED
    locked = next((head for head in restricted_branches_above(post) if head.is_locked), None)
    if locked is None:
        return ALLOWED
    return _denied(Locked(_lock_of(locked, _("%(name)s locked this branch: %(reason)s"))))


def can_edit(person: Reader, post: Post) -> PermissionResult:
    """Authors edit their own posts, while these stand and their thread is open."""
    if post.author_id != person.pk:
        return _denied(NotAllowed(_("Only its author can edit a post.")))
    if post.is_deleted:
        return _denied(Gone(_("This post was deleted.")))
    if post.is_hidden:
        return _denied(NotAllowed(_("A moderator hid this post; it can’t be edited.")))
    return _can_write_in(person, post.thread) and _in_open_branch(person, post)


def can_delete(person: Reader, post: Post) -> PermissionResult:
    """Authors take back their own posts, in locked threads too."""
    if post.author_id != person.pk:
        return _denied(NotAllowed(_("Only its author can delete a post.")))
    if post.is_deleted:
        return _denied(Gone(_("This post was deleted.")))
    return can_participate(person, post.thread.board)


def can_report(person: Reader, post: Post) -> PermissionResult:
    """Members report what others wrote, as far as they can read it."""
    permission = can_participate(person)
    if not permission:
        return permission
    if post.author_id == person.pk:
        return _denied(NotAllowed(_("You can’t report your own post, but you can delete it.")))
    if post.is_deleted or post.is_hidden:
        return _denied(Gone(_("This post was removed already.")))
    return ALLOWED


def can_see_reporters(person: Reader, post: Post) -> PermissionResult:
    """Moderators see who reported a post; nobody who reported their own."""
    if post.author_id == person.pk:
        return _denied(NotAllowed(_("Nobody sees who reported their own posts.")))
    return can_moderate(person, post.thread.board)


def can_answer_reports(person: Reader, post: Post) -> PermissionResult:
    """Moderators answer what was reported, but not about themselves or somebody above them."""
    if post.author_id == person.pk:
        return _denied(NotAllowed(_("This is about a post of yours: somebody else decides on it.")))
    board = post.thread.board
    if isinstance(person, User) and person.roles.rank(board) < post.author.roles.rank(board):
        return _denied(NotAllowed(_("Only somebody of their rank can do that.")))
    return can_moderate(person, board)


def can_moderate(person: Reader, board: Board) -> PermissionResult:
    """Whether this person may hide, lock, pin and move in that board."""
    if is_moderator_of(person, board):
        return ALLOWED
    return _denied(NotAllowed(_("Only the moderators of this board can do that.")))


def _can_moderate_place(person: Reader, board: Board | None) -> PermissionResult:
    """The same, of what was for a board that is gone: that is for moderators of the site."""
    if board is not None:
        return can_moderate(person, board)
    if isinstance(person, User) and person.is_staff and person.roles.is_site_moderator:
        return ALLOWED
    return _denied(NotAllowed(_("Only the moderators of the whole site can do that.")))


def can_work_on(person: Reader, case: Case) -> PermissionResult:
    """Whether this person may take a case of the review queue in hand."""
    return _can_moderate_place(person, case.board)


def can_decide_on(person: Reader, held: HeldPost) -> PermissionResult:
    """Whether this person may approve a held post, or reject it."""
    permission = _can_moderate_place(person, held.place)
    return permission and can_act_on(person, held.author, held.place)


def can_withdraw(person: Reader, held: HeldPost) -> PermissionResult:
    """Authors take back what waits; also when they may write nothing any more."""
    if held.author_id != person.pk:
        return _denied(NotAllowed(_("Only its author can take it back.")))
    if held.state == HeldPost.State.APPROVED:
        return _denied(Gone(_("It doesn’t wait any more: it was published.")))
    return ALLOWED


def can_moderate_thread(person: Reader, thread: Thread) -> PermissionResult:
    """Whether this person may lock, pin and move that thread."""
    return can_moderate(person, thread.board)


def can_restrict_branch(person: Reader, post: Post) -> PermissionResult:
    """Whether this person may lock the branch of that post, or slow it down."""
    return can_moderate(person, post.thread.board)


can_move = can_restrict_branch  # a branch, to wherever they moderate too


def can_hide(person: Reader, post: Post) -> PermissionResult:
    """Whether this person may take that post out of sight, or show it again."""
    permission = can_moderate(person, post.thread.board)
    return permission and can_act_on(person, post.author, post.thread.board)


def can_edit_as_moderator(person: Reader, post: Post) -> PermissionResult:
    """Whether this person may change what somebody else wrote."""
    if post.is_deleted:
        return _denied(Gone(_("This post was deleted.")))
    return can_hide(person, post)


def can_act_on(person: Reader, other: User, board: Board | None = None) -> PermissionResult:
    """Moderators act on people below them; nobody on themselves, or on their rank or above."""
    if person.pk == other.pk:
        return _denied(NotAllowed(_("Nobody keeps order over themselves.")))
    if not isinstance(person, User) or person.roles.rank(board) <= other.roles.rank(board):
        return _denied(NotAllowed(_("Only somebody of a higher rank than theirs can do that.")))
    return ALLOWED


def can_suspend(person: Reader, other: User) -> PermissionResult:
    """Site moderators suspend members; nobody themselves, or somebody of their rank or above."""
    if not isinstance(person, User) or not person.is_staff or not person.roles.is_site_moderator:
        return _denied(NotAllowed(_("Only the moderators of the whole site can do that.")))
    return can_act_on(person, other)


def can_sanction_in(person: Reader, other: User, board: Board | None) -> PermissionResult:
    """Whether this person may warn, silence or suspend another: in that board, or everywhere."""
    if board is None:
        return can_suspend(person, other)
    return can_moderate(person, board) and can_act_on(person, other, board)


def can_sanction(person: Reader, other: User) -> PermissionResult:
    """Whether there is any board for that."""
    if not isinstance(person, User) or not person.is_staff:
        return _denied(NotAllowed(_("Only moderators can do that.")))
    if person.roles.is_site_moderator:
        return can_suspend(person, other)
    verdicts = [
        can_act_on(person, other, board)
        for board in Board.objects.filter(pk__in=person.roles.board_ids)
    ]
    return next((permission for permission in verdicts if permission), verdicts[0])


can_note = can_sanction  # of whom they could act against


def can_erase(person: Reader, post: Post) -> PermissionResult:
    """Whether this person may ask to erase a post, or confirm that: not in one board alone."""
    return can_hide(person, post) and can_suspend(person, post.author)


def can_anonymise(person: Reader, other: User) -> PermissionResult:
    """Whether this person may ask to erase the account of another."""
    return can_configure(person) and can_act_on(person, other)


def can_confirm_erasure(person: Reader, asked: Erasure) -> PermissionResult:
    """A second person erases, who could have acted against the author or member, too."""
    if person.pk in (asked.asked_by_id, asked.person_id):
        return _denied(NotAllowed(_("Somebody else than who asked for it confirms it.")))
    if asked.post:
        return can_erase(person, asked.post)
    assert asked.person
    if not asked.is_own:
        return can_suspend(person, asked.person)
    return can_configure(person)


def can_undo(person: Reader, action: ModerationAction) -> PermissionResult:
    """Moderators take back what they or others did, but nothing of those above them."""
    if not isinstance(person, User) or not person.is_staff:
        return _denied(NotAllowed(_("Only moderators can do that.")))
    if action.act in NOTES:
        return _can_delete_note(person, action)
    if action.rule.is_irreversible:
        return _denied(NotAllowed(_("That cannot be undone.")))
    return _can_undo_there(person, action)


def _can_undo_there(person: User, action: ModerationAction) -> PermissionResult:
    """Whether this person keeps order where it was done, and stands no lower than who did it."""
    if action.board and not person.roles.is_moderator_of(action.board.pk):
        return _denied(NotAllowed(_("Only the moderators of this board can do that.")))
    if not action.board and not person.roles.is_site_moderator:
        return _denied(NotAllowed(_("Only the moderators of the whole site can do that.")))
    if action.actor.roles.rank(action.board) > person.roles.rank(action.board):
        return _denied(NotAllowed(_("Only somebody of their rank can undo what they did.")))
    return ALLOWED


def _can_delete_note(person: User, action: ModerationAction) -> PermissionResult:
    """Whoever wrote a note about a member deletes it, while nobody will have relied on it."""
    if action.actor_id != person.pk:
        return _denied(NotAllowed(_("Only who wrote a note can delete it.")))
    if not was_within(NOTE_CAN_BE_DELETED, action.created_at):
        return _denied(NotAllowed(_("A note can be deleted for ten minutes only.")))
    return ALLOWED


def can_appeal(person: User, action: ModerationAction) -> PermissionResult:
    """Whom an act went against can appeal against it, suspended or not, while it stands."""
    if not action.rule.is_appealable:
        return _denied(NotAllowed(_("There is nothing to appeal against here.")))
    if not person.moderation_notifications.filter(action=action, cause="deed").exists():
        return _denied(NotAllowed(_("Only those whom it concerns can appeal.")))
    if ModerationAction.objects.filter(undoes=action).exists():
        return _denied(NotAllowed(_("It was taken back already.")))
    return ALLOWED


def can_answer_appeal(person: Reader, appeal: Appeal) -> PermissionResult:
    """Moderators who can undo the act, but not who did it, where there is somebody else."""
    action = appeal.action
    permission = can_undo(person, action)
    if not permission:
        return permission
    if person.pk == appeal.member_id:
        return _denied(NotAllowed(_("Nobody answers their own appeal.")))
    if person.pk != action.actor_id:
        return ALLOWED
    rank = action.actor.roles.rank(action.board)
    others = {person.pk, appeal.member_id}
    if any(each.roles.rank(action.board) >= rank for each in moderators_except(others)):
        return _denied(NotAllowed(_("Somebody else than who did it answers an appeal.")))
    return ALLOWED


def can_access_admin(person: Reader) -> bool:
    """Whether the moderators' desk (the admin) is open to this person."""
    return isinstance(person, User) and person.is_staff


def can_list_members(person: Reader) -> bool:
    """Whether this person may look through all members and their addresses, to suspend them."""
    return isinstance(person, User) and person.is_staff and person.roles.is_site_moderator


def can_administer(person: Reader) -> bool:
    """Whether this person sets up categories and boards, and appoints moderators."""
    return isinstance(person, User) and person.is_superuser and not person.is_suspended


def can_configure(person: Reader) -> PermissionResult:
    """Whether this person changes what moderators work with: reasons, rules."""
    if can_administer(person):
        return ALLOWED
    return _denied(NotAllowed(_("Only administrators can do that.")))
