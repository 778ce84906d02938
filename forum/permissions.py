"""What may be done, by whom: the forum's rules on one page.

Each rule answers with a `Verdict`: true when the deed is allowed, and with the refusal to raise or
to show when it is not. What may be *seen* is `visible_to` of the querysets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

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
from forum.models.branches import paced_around
from forum.models.posts import readable_by
from forum.models.roles import moderators_but
from forum.models.threads import Reader
from forum.refusals import Changed, Gone, Locked, NotAllowed, Refusal, SignedOut, Suspended

NOTE_CAN_BE_DELETED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    refusal: Refusal | None = None

    def __bool__(self) -> bool:
        return self.refusal is None

    def enforce(self) -> None:
        """Raise the refusal, if there is one."""
        if self.refusal is not None:
            raise self.refusal


YES = Verdict()


def _no(refusal: Refusal) -> Verdict:
    return Verdict(refusal)


def may_take_part(person: Reader, board: Board | None = None) -> Verdict:
    """Whether this person may write here at all, or in that board."""
    if not isinstance(person, User) or not person.is_active:
        return _no(SignedOut())
    if person.is_suspended:
        return _no(Suspended(_suspension_of(person)))
    kept = person.standing.restriction(Restriction.Kind.SUSPENSION, board) if board else None
    if kept:
        return _no(Suspended(_("You are suspended from this board: %(reason)s") % kept))
    return YES


def _may_speak(person: Reader, board: Board) -> Verdict:
    """Whether this person may write anything new in that board."""
    kept = isinstance(person, User) and person.standing.restriction(Restriction.Kind.SILENCE, board)
    if kept:
        return _no(Suspended(_("You can’t write anything new here for now: %(reason)s") % kept))
    return YES


def _suspension_of(person: User) -> str:
    action = person.suspended_action
    reason = action.reason if action else ""
    if person.suspended_until is None:
        return _("Your account is suspended: %(reason)s") % {"reason": reason}
    return _("Your account is suspended until %(until)s: %(reason)s") % {
        "until": person.suspended_until.astimezone(person.tzinfo).strftime("%Y-%m-%d %H:%M"),
        "reason": reason,
    }


def moderates(person: Reader, board: Board) -> bool:
    """Whether this person keeps order in that board."""
    return isinstance(person, User) and person.is_staff and person.standing.moderates(board.pk)


def may_read(person: Reader, post: Post) -> Verdict:
    """Whether the text of a post may be read: the same rule as the queries', for one post."""
    if Post.objects.filter(readable_by(person), pk=post.pk).exists():
        return YES
    return _no(Gone())


def may_start_thread(person: Reader, board: Board) -> Verdict:
    if board.is_closed:
        return _no(Locked(_("This board is closed: its threads can be read, not added to.")))
    return may_take_part(person, board) and _may_speak(person, board)


def may_reply(person: Reader, thread: Thread) -> Verdict:
    """Whether this person may answer in that thread, as far as the thread goes."""
    return _may_write_in(person, thread) and _may_speak(person, thread.board)


def _may_write_in(person: Reader, thread: Thread) -> Verdict:
    """Whether that thread is open to what this person writes."""
    if thread.is_deleted or thread.merged_into_id:
        return _no(Gone(_("This thread isn’t here any more.")))
    if thread.board.is_closed:
        return _no(Locked(_("This board is closed: its threads can be read, not added to.")))
    if thread.is_locked and not moderates(person, thread.board):
        return _no(Locked(_lock_of(thread, _("%(name)s locked this thread: %(reason)s"))))
    return may_take_part(person, thread.board)


def _lock_of(locked: Thread | Post, told: str) -> str:
    action = locked.locked_action
    if action is None:
        return _("This thread is locked.")
    return told % {"name": action.actor.username, "reason": action.reason}


def may_answer(person: Reader, post: Post) -> Verdict:
    """Whether this person may answer that very post."""
    verdict = may_reply(person, post.thread)
    if not verdict:
        return verdict
    if post.is_deleted or (post.is_hidden and not moderates(person, post.thread.board)):
        return _no(Changed(_("The post you answer was removed.")))
    return _in_open_branch(person, post)


def _in_open_branch(person: Reader, post: Post) -> Verdict:
    """Whether no branch that the post is in is locked to this person."""
    if moderates(person, post.thread.board):
        return YES
    locked = next((head for head in paced_around(post) if head.is_locked), None)
    if locked is None:
        return YES
    return _no(Locked(_lock_of(locked, _("%(name)s locked this branch: %(reason)s"))))


def may_edit(person: Reader, post: Post) -> Verdict:
    """Authors edit their own posts, while these stand and their thread is open."""
    if post.author_id != person.pk:
        return _no(NotAllowed(_("Only its author can edit a post.")))
    if post.is_deleted:
        return _no(Gone(_("This post was deleted.")))
    if post.is_hidden:
        return _no(NotAllowed(_("A moderator hid this post; it can’t be edited.")))
    return _may_write_in(person, post.thread) and _in_open_branch(person, post)


def may_delete(person: Reader, post: Post) -> Verdict:
    """Authors take back their own posts, in locked threads too."""
    if post.author_id != person.pk:
        return _no(NotAllowed(_("Only its author can delete a post.")))
    if post.is_deleted:
        return _no(Gone(_("This post was deleted.")))
    return may_take_part(person, post.thread.board)


def may_report(person: Reader, post: Post) -> Verdict:
    """Members report what others wrote, as far as they can read it."""
    verdict = may_take_part(person)
    if not verdict:
        return verdict
    if post.author_id == person.pk:
        return _no(NotAllowed(_("You can’t report your own post, but you can delete it.")))
    if post.is_deleted or post.is_hidden:
        return _no(Gone(_("This post was removed already.")))
    return YES


def may_see_reporters(person: Reader, post: Post) -> Verdict:
    """Moderators see who reported a post; nobody who reported their own."""
    if post.author_id == person.pk:
        return _no(NotAllowed(_("Nobody sees who reported their own posts.")))
    return may_moderate(person, post.thread.board)


def may_answer_reports(person: Reader, post: Post) -> Verdict:
    """Moderators answer what was reported, but not about themselves or somebody above them."""
    if post.author_id == person.pk:
        return _no(NotAllowed(_("This is about a post of yours: somebody else decides on it.")))
    board = post.thread.board
    if isinstance(person, User) and person.standing.rank(board) < post.author.standing.rank(board):
        return _no(NotAllowed(_("Only somebody of their rank can do that.")))
    return may_moderate(person, board)


def may_moderate(person: Reader, board: Board) -> Verdict:
    """Whether this person may hide, lock, pin and move in that board."""
    if moderates(person, board):
        return YES
    return _no(NotAllowed(_("Only the moderators of this board can do that.")))


def _may_moderate_place(person: Reader, board: Board | None) -> Verdict:
    """The same, of what was for a board that is gone: that is for moderators of the site."""
    if board is not None:
        return may_moderate(person, board)
    if isinstance(person, User) and person.is_staff and person.standing.moderates_all:
        return YES
    return _no(NotAllowed(_("Only the moderators of the whole site can do that.")))


def may_work_on(person: Reader, case: Case) -> Verdict:
    """Whether this person may take a case of the review queue in hand."""
    return _may_moderate_place(person, case.board)


def may_decide_on(person: Reader, held: HeldPost) -> Verdict:
    """Whether this person may approve a held post, or reject it."""
    verdict = _may_moderate_place(person, held.place)
    return verdict and may_act_on(person, held.author, held.place)


def may_withdraw(person: Reader, held: HeldPost) -> Verdict:
    """Authors take back what waits; also when they may write nothing any more."""
    if held.author_id != person.pk:
        return _no(NotAllowed(_("Only its author can take it back.")))
    if held.state == HeldPost.State.APPROVED:
        return _no(Gone(_("It doesn’t wait any more: it was published.")))
    return YES


def may_keep_order_in(person: Reader, thread: Thread) -> Verdict:
    """Whether this person may lock, pin and move that thread."""
    return may_moderate(person, thread.board)


def may_pace_branch(person: Reader, post: Post) -> Verdict:
    """Whether this person may lock the branch of that post, or slow it down."""
    return may_moderate(person, post.thread.board)


may_move = may_pace_branch  # a branch, to wherever they moderate too


def may_hide(person: Reader, post: Post) -> Verdict:
    """Whether this person may take that post out of sight, or show it again."""
    verdict = may_moderate(person, post.thread.board)
    return verdict and may_act_on(person, post.author, post.thread.board)


def may_edit_for(person: Reader, post: Post) -> Verdict:
    """Whether this person may change what somebody else wrote."""
    if post.is_deleted:
        return _no(Gone(_("This post was deleted.")))
    return may_hide(person, post)


def may_act_on(person: Reader, other: User, board: Board | None = None) -> Verdict:
    """Moderators act on people below them; nobody on themselves, or on their rank or above."""
    if person.pk == other.pk:
        return _no(NotAllowed(_("Nobody keeps order over themselves.")))
    if not isinstance(person, User) or person.standing.rank(board) <= other.standing.rank(board):
        return _no(NotAllowed(_("Only somebody of a higher rank than theirs can do that.")))
    return YES


def may_suspend(person: Reader, other: User) -> Verdict:
    """Site moderators suspend members; nobody themselves, or somebody of their rank or above."""
    if not isinstance(person, User) or not person.is_staff or not person.standing.moderates_all:
        return _no(NotAllowed(_("Only the moderators of the whole site can do that.")))
    return may_act_on(person, other)


def may_sanction_in(person: Reader, other: User, board: Board | None) -> Verdict:
    """Whether this person may warn, silence or suspend another: in that board, or everywhere."""
    if board is None:
        return may_suspend(person, other)
    return may_moderate(person, board) and may_act_on(person, other, board)


def may_sanction(person: Reader, other: User) -> Verdict:
    """Whether there is any board for that."""
    if not isinstance(person, User) or not person.is_staff:
        return _no(NotAllowed(_("Only moderators can do that.")))
    if person.standing.moderates_all:
        return may_suspend(person, other)
    verdicts = [
        may_act_on(person, other, board)
        for board in Board.objects.filter(pk__in=person.standing.board_ids)
    ]
    return next((verdict for verdict in verdicts if verdict), verdicts[0])


may_note = may_sanction  # of whom they could act against


def may_erase(person: Reader, post: Post) -> Verdict:
    """Whether this person may ask to erase a post, or confirm that: not in one board alone."""
    return may_hide(person, post) and may_suspend(person, post.author)


def may_anonymise(person: Reader, other: User) -> Verdict:
    """Whether this person may ask to erase the account of another."""
    return may_set_up(person) and may_act_on(person, other)


def may_confirm_erasure(person: Reader, asked: Erasure) -> Verdict:
    """A second person erases, who could have acted against the author or member, too."""
    if person.pk in (asked.asked_by_id, asked.person_id):
        return _no(NotAllowed(_("Somebody else than who asked for it confirms it.")))
    if asked.post:
        return may_erase(person, asked.post)
    assert asked.person
    if not asked.is_own:
        return may_suspend(person, asked.person)
    return may_set_up(person)


def may_undo(person: Reader, action: ModerationAction) -> Verdict:
    """Moderators take back what they or others did, but nothing of those above them."""
    if not isinstance(person, User) or not person.is_staff:
        return _no(NotAllowed(_("Only moderators can do that.")))
    if action.act in NOTES:
        return _may_delete_note(person, action)
    if action.rule.is_irreversible:
        return _no(NotAllowed(_("That cannot be undone.")))
    return _may_undo_there(person, action)


def _may_undo_there(person: User, action: ModerationAction) -> Verdict:
    """Whether this person keeps order where it was done, and stands no lower than who did it."""
    if action.board and not person.standing.moderates(action.board.pk):
        return _no(NotAllowed(_("Only the moderators of this board can do that.")))
    if not action.board and not person.standing.moderates_all:
        return _no(NotAllowed(_("Only the moderators of the whole site can do that.")))
    if action.actor.standing.rank(action.board) > person.standing.rank(action.board):
        return _no(NotAllowed(_("Only somebody of their rank can undo what they did.")))
    return YES


def _may_delete_note(person: User, action: ModerationAction) -> Verdict:
    """Whoever wrote a note about a member deletes it, while nobody will have relied on it."""
    if action.actor_id != person.pk:
        return _no(NotAllowed(_("Only who wrote a note can delete it.")))
    if not was_within(NOTE_CAN_BE_DELETED, action.created_at):
        return _no(NotAllowed(_("A note can be deleted for ten minutes only.")))
    return YES


def may_appeal(person: User, action: ModerationAction) -> Verdict:
    """Whom an act went against can appeal against it, suspended or not, while it stands."""
    if not action.rule.may_be_appealed:
        return _no(NotAllowed(_("There is nothing to appeal against here.")))
    if not person.moderation_notices.filter(action=action, cause="deed").exists():
        return _no(NotAllowed(_("Only those whom it concerns can appeal.")))
    if ModerationAction.objects.filter(undoes=action).exists():
        return _no(NotAllowed(_("It was taken back already.")))
    return YES


def may_answer_appeal(person: Reader, appeal: Appeal) -> Verdict:
    """Moderators who can undo the act, but not who did it, where there is somebody else."""
    action = appeal.action
    verdict = may_undo(person, action)
    if not verdict:
        return verdict
    if person.pk == appeal.member_id:
        return _no(NotAllowed(_("Nobody answers their own appeal.")))
    if person.pk != action.actor_id:
        return YES
    rank = action.actor.standing.rank(action.board)
    others = {person.pk, appeal.member_id}
    if any(each.standing.rank(action.board) >= rank for each in moderators_but(others)):
        return _no(NotAllowed(_("Somebody else than who did it answers an appeal.")))
    return YES


def may_enter_desk(person: Reader) -> bool:
    """Whether the moderators' desk (the admin) is open to this person."""
    return isinstance(person, User) and person.is_staff


def may_see_members(person: Reader) -> bool:
    """Whether this person may look through all members and their addresses, to suspend them."""
    return isinstance(person, User) and person.is_staff and person.standing.moderates_all


def may_administer(person: Reader) -> bool:
    """Whether this person sets up categories and boards, and appoints moderators."""
    return isinstance(person, User) and person.is_superuser and not person.is_suspended


def may_set_up(person: Reader) -> Verdict:
    """Whether this person changes what moderators work with: reasons, rules."""
    if may_administer(person):
        return YES
    return _no(NotAllowed(_("Only administrators can do that.")))
