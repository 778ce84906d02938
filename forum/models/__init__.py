"""Tables, constraints, and how to ask them. One domain word, one file."""

from forum.models.accounts import User
from forum.models.appeals import Appeal
from forum.models.boards import Board, Category
from forum.models.drafts import Draft
from forum.models.erasures import Erasure
from forum.models.held import HeldPost
from forum.models.limits import RateLimit
from forum.models.mentions import Mention
from forum.models.moderation import ModerationAction, ModerationEffect
from forum.models.notices import ModerationNotice, Notice
from forum.models.outbox import OutgoingMail
from forum.models.posts import Post
from forum.models.quotes import Quote
from forum.models.reading import Seen
from forum.models.reasons import ReasonTemplate
from forum.models.reports import Case, Report
from forum.models.restrictions import Restriction
from forum.models.revisions import Revision
from forum.models.roles import Role
from forum.models.rules import HoldRule
from forum.models.threads import Thread

__all__ = [
    "Appeal",
    "Board",
    "Case",
    "Category",
    "Draft",
    "Erasure",
    "HeldPost",
    "HoldRule",
    "Mention",
    "ModerationAction",
    "ModerationEffect",
    "ModerationNotice",
    "Notice",
    "OutgoingMail",
    "Post",
    "Quote",
    "RateLimit",
    "ReasonTemplate",
    "Report",
    "Restriction",
    "Revision",
    "Role",
    "Seen",
    "Thread",
    "User",
]
