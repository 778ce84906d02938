"""Tables with their constraints and QuerySets; one file per noun of the product."""

from forum.models.accounts import User
from forum.models.appeals import Appeal
from forum.models.boards import Board, Category
from forum.models.bookmarks import Bookmark
from forum.models.bounces import Bounce
from forum.models.content_version import ContentVersion
from forum.models.drafts import Draft
from forum.models.erasures import Erasure
from forum.models.feed_tokens import FeedToken
from forum.models.ignores import Ignore
from forum.models.mail_settings import MailSettings
from forum.models.mentions import Mention
from forum.models.moderation import ModerationAction, ModerationEffect
from forum.models.notification_mail import MailSubject, NotificationMail
from forum.models.notifications import FanOut, ModerationNotification, Notification
from forum.models.outbox import OutgoingMail
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post
from forum.models.quotes import Quote
from forum.models.rate_limits import RateLimit
from forum.models.read_state import ReadMark, ReadState
from forum.models.reason_templates import ReasonTemplate
from forum.models.received_mail import ReceivedMail
from forum.models.reports import Report
from forum.models.restrictions import Restriction
from forum.models.review_queue import Case
from forum.models.revisions import Revision
from forum.models.roles import Role
from forum.models.rules import ReviewRule
from forum.models.site import SiteText
from forum.models.subscriptions import Subscription
from forum.models.tags import Tag
from forum.models.threads import Thread, TitleChange

__all__ = [
    "Appeal",
    "Board",
    "Bookmark",
    "Bounce",
    "Case",
    "Category",
    "ContentVersion",
    "Draft",
    "Erasure",
    "FanOut",
    "FeedToken",
    "Ignore",
    "MailSettings",
    "MailSubject",
    "Mention",
    "ModerationAction",
    "ModerationEffect",
    "ModerationNotification",
    "Notification",
    "NotificationMail",
    "OutgoingMail",
    "PendingPost",
    "Post",
    "Quote",
    "RateLimit",
    "ReadMark",
    "ReadState",
    "ReasonTemplate",
    "ReceivedMail",
    "Report",
    "Restriction",
    "ReviewRule",
    "Revision",
    "Role",
    "SiteText",
    "Subscription",
    "Tag",
    "Thread",
    "TitleChange",
    "User",
]
