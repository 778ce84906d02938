"""What moderators do, and for each act what holds of it wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Act(models.TextChoices):
    HIDE_POST = "hide-post", _("hid a post")
    UNHIDE_POST = "unhide-post", _("unhid a post")
    REMOVE_BRANCH = "remove-branch", _("removed a branch")
    RESTORE_BRANCH = "restore-branch", _("restored a branch")
    EDIT_POST = "edit-post", _("edited a post")
    REVERT_EDIT = "revert-edit", _("took an edit back")
    LOCK_BRANCH = "lock-branch", _("locked a branch")
    UNLOCK_BRANCH = "unlock-branch", _("unlocked a branch")
    SLOW_BRANCH = "slow-branch", _("slowed a branch down")
    HASTEN_BRANCH = "hasten-branch", _("let a branch go at its own pace again")
    LOCK_THREAD = "lock-thread", _("locked a thread")
    UNLOCK_THREAD = "unlock-thread", _("unlocked a thread")
    SLOW_THREAD = "slow-thread", _("slowed a thread down")
    HASTEN_THREAD = "hasten-thread", _("let a thread go at its own pace again")
    RETITLE_THREAD = "retitle-thread", _("changed a title")
    PIN_THREAD = "pin-thread", _("pinned a thread")
    UNPIN_THREAD = "unpin-thread", _("unpinned a thread")
    SUSPEND_PERSON = "suspend-person", _("suspended a member")
    LIFT_SUSPENSION = "lift-suspension", _("lifted a suspension")
    SILENCE_PERSON = "silence-person", _("silenced a member")
    LIFT_SILENCE = "lift-silence", _("let a member speak again")
    WARN_PERSON = "warn-person", _("warned a member")
    RETRACT_WARNING = "retract-warning", _("took a warning back")
    MOVE_BRANCH = "move-branch", _("moved a branch")
    SPLIT_BRANCH = "split-branch", _("split a branch off")
    MERGE_THREAD = "merge-thread", _("merged a thread")
    UNMERGE_THREAD = "unmerge-thread", _("took a merge back")
    DECLINE_APPEAL = "decline-appeal", _("declined an appeal")
    UPHOLD_REPORTS = "uphold-reports", _("took reports as right")
    DISMISS_REPORTS = "dismiss-reports", _("dismissed reports")
    REOPEN_REPORTS = "reopen-reports", _("opened reports again")
    SEE_REPORTERS = "see-reporters", _("looked at who reported a post")
    NOTE_PERSON = "note-person", _("wrote a note about a member")
    RETRACT_NOTE = "retract-note", _("deleted a note about a member")
    ASSIGN_CASE = "assign-case", _("assigned a case")
    ASK_ERASURE = "ask-erasure", _("asked to erase something")
    DROP_ERASURE = "drop-erasure", _("left something that was to be erased")
    ERASE_POST = "erase-post", _("erased a post")
    ERASE_PERSON = "erase-person", _("erased a member")
    CONFIGURE = "configure", _("changed what is set up")
    APPROVE_HELD = "approve-held", _("approved a post that waited")
    RETRACT_APPROVAL = "retract-approval", _("took an approval back")
    REJECT_HELD = "reject-held", _("rejected a post that waited")
    RETRACT_REJECTION = "retract-rejection", _("let a rejected post wait again")


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds of an act.

    `inverse` is the act that takes it back; without one it is irreversible. `tells`: the authors
    and members concerned get a notice. `is_public`: everybody can read of it in the log.
    `is_appealable`: it goes against somebody, who can ask that somebody else looks at it.
    """

    inverse: Act | None
    tells: bool
    is_public: bool = True
    is_appealable: bool = False

    @property
    def is_irreversible(self) -> bool:
        return self.inverse is None


# A banner says of what is locked or slow what people there need to know.
RULES: dict[Act, Rule] = {
    Act.HIDE_POST: Rule(Act.UNHIDE_POST, tells=True, is_appealable=True),
    Act.UNHIDE_POST: Rule(Act.HIDE_POST, tells=True),
    Act.REMOVE_BRANCH: Rule(Act.RESTORE_BRANCH, tells=True, is_appealable=True),
    Act.RESTORE_BRANCH: Rule(Act.REMOVE_BRANCH, tells=True),
    Act.EDIT_POST: Rule(Act.REVERT_EDIT, tells=True, is_appealable=True),
    Act.REVERT_EDIT: Rule(Act.EDIT_POST, tells=True),
    Act.LOCK_BRANCH: Rule(Act.UNLOCK_BRANCH, tells=False),
    Act.UNLOCK_BRANCH: Rule(Act.LOCK_BRANCH, tells=False),
    Act.SLOW_BRANCH: Rule(Act.HASTEN_BRANCH, tells=False),
    Act.HASTEN_BRANCH: Rule(Act.SLOW_BRANCH, tells=False),
    Act.LOCK_THREAD: Rule(Act.UNLOCK_THREAD, tells=False),
    Act.UNLOCK_THREAD: Rule(Act.LOCK_THREAD, tells=False),
    Act.SLOW_THREAD: Rule(Act.HASTEN_THREAD, tells=False),
    Act.HASTEN_THREAD: Rule(Act.SLOW_THREAD, tells=False),
    Act.RETITLE_THREAD: Rule(Act.RETITLE_THREAD, tells=True),
    Act.PIN_THREAD: Rule(Act.UNPIN_THREAD, tells=True),
    Act.UNPIN_THREAD: Rule(Act.PIN_THREAD, tells=True),
    Act.SUSPEND_PERSON: Rule(Act.LIFT_SUSPENSION, tells=True, is_appealable=True),
    Act.LIFT_SUSPENSION: Rule(Act.SUSPEND_PERSON, tells=True),
    # Between moderators and one member: not for everybody.
    Act.SILENCE_PERSON: Rule(Act.LIFT_SILENCE, tells=True, is_public=False, is_appealable=True),
    Act.LIFT_SILENCE: Rule(Act.SILENCE_PERSON, tells=True, is_public=False),
    Act.WARN_PERSON: Rule(Act.RETRACT_WARNING, tells=True, is_public=False, is_appealable=True),
    Act.RETRACT_WARNING: Rule(Act.WARN_PERSON, tells=True, is_public=False),
    Act.MOVE_BRANCH: Rule(Act.MOVE_BRANCH, tells=True),
    Act.SPLIT_BRANCH: Rule(Act.MERGE_THREAD, tells=True),
    Act.MERGE_THREAD: Rule(Act.UNMERGE_THREAD, tells=True),
    Act.UNMERGE_THREAD: Rule(Act.MERGE_THREAD, tells=True),
    # Who appealed hears of it by the answer; see `forum.actions.appeals`.
    Act.DECLINE_APPEAL: Rule(None, tells=False, is_public=False),
    # Those who reported hear of it by their report; see `forum.actions.cases`.
    Act.UPHOLD_REPORTS: Rule(Act.REOPEN_REPORTS, tells=False, is_public=False),
    Act.DISMISS_REPORTS: Rule(Act.REOPEN_REPORTS, tells=False, is_public=False),
    Act.REOPEN_REPORTS: Rule(Act.UPHOLD_REPORTS, tells=False, is_public=False),
    Act.SEE_REPORTERS: Rule(None, tells=False, is_public=False),
    # A member is never told of notes. Who is given a case hears of it as that; see
    # `forum.actions.claims`.
    Act.NOTE_PERSON: Rule(Act.RETRACT_NOTE, tells=False, is_public=False),
    Act.RETRACT_NOTE: Rule(Act.NOTE_PERSON, tells=False, is_public=False),
    Act.ASSIGN_CASE: Rule(Act.ASSIGN_CASE, tells=False, is_public=False),
    Act.ASK_ERASURE: Rule(Act.DROP_ERASURE, tells=False, is_public=False),
    Act.DROP_ERASURE: Rule(Act.ASK_ERASURE, tells=False, is_public=False),
    # For ever; whose account it was hears of it by mail, see `forum.actions.anonymising`.
    Act.ERASE_POST: Rule(None, tells=True),
    Act.ERASE_PERSON: Rule(None, tells=False, is_public=False),
    Act.CONFIGURE: Rule(Act.CONFIGURE, tells=False, is_public=False),
    # What others never saw they do not read of.
    Act.APPROVE_HELD: Rule(Act.RETRACT_APPROVAL, tells=True, is_public=False),
    Act.RETRACT_APPROVAL: Rule(Act.APPROVE_HELD, tells=True, is_public=False, is_appealable=True),
    Act.REJECT_HELD: Rule(Act.RETRACT_REJECTION, tells=True, is_public=False, is_appealable=True),
    Act.RETRACT_REJECTION: Rule(Act.REJECT_HELD, tells=True, is_public=False),
}

# What puts posts elsewhere in the tree, or in another.
MOVES = frozenset({Act.MOVE_BRANCH, Act.SPLIT_BRANCH, Act.MERGE_THREAD, Act.UNMERGE_THREAD})
NOTES = frozenset({Act.NOTE_PERSON, Act.RETRACT_NOTE})
PUBLIC = [act.value for act, rule in RULES.items() if rule.is_public]


def rule_of(act: str) -> Rule:
    return RULES[Act(act)]
