"""Expected permissions of each moderation action, the only part of its tests written by hand.

A new action needs one row in `EXPECTED`: the name of its page, and for each target the people who
can do it. Tests of permissions and of addresses read this table.
"""

from __future__ import annotations

# Moderators of the scene: mona of its board, otto of another, carol of the site; erin administers.
# Nobody acts on themselves, or on a member with the same role or a higher one.
HERE = {"mona", "carol", "erin"}

# Actions against the author of a post, by that author.
AGAINST_AUTHOR = {
    "alice": HERE,
    "mona": {"carol", "erin"},
    "otto": HERE,  # otto is not a moderator of this board
    "carol": {"erin"},
    "erin": set[str](),
}
# Actions on a thread or branch are allowed whoever wrote it.
TO_A_PLACE = dict.fromkeys(AGAINST_AUTHOR, HERE)
# Actions against a member need a role in at least one board.
AGAINST_MEMBER = {
    "bob": HERE | {"otto"},
    "dan": HERE | {"otto"},
    "mona": {"carol", "erin", "otto"},  # mona is a member in otto's board
    "otto": {"carol", "erin", "mona"},
    "carol": {"erin"},
    "erin": set[str](),
}
# Actions against a member on the whole site need a role for all boards.
AGAINST_MEMBER_EVERYWHERE = {
    **{name: {"carol", "erin"} for name in ("bob", "dan", "mona", "otto")},
    "carol": {"erin"},
    "erin": set[str](),
}
# Permanent deletion is not for moderators of single boards.
DELETING_POSTS = AGAINST_AUTHOR | {
    "alice": {"carol", "erin"},
    "otto": {"carol", "erin"},
}
MANAGING_ACCOUNTS = {
    **{name: {"erin"} for name in ("bob", "dan", "mona", "otto", "carol")},
    "erin": set[str](),
}

EXPECTED: dict[str, dict[str, set[str]]] = {
    "post-hide": AGAINST_AUTHOR,
    "post-unhide": AGAINST_AUTHOR,
    "post-remove": AGAINST_AUTHOR,
    "post-restore": AGAINST_AUTHOR,
    "post-edit-for": AGAINST_AUTHOR,
    "post-lock-branch": TO_A_PLACE,
    "post-unlock-branch": TO_A_PLACE,
    "post-slow-branch": TO_A_PLACE,
    "post-hasten-branch": TO_A_PLACE,
    "post-move": TO_A_PLACE,
    "post-split": TO_A_PLACE,
    "post-uphold": AGAINST_AUTHOR,
    "post-dismiss": AGAINST_AUTHOR,
    "post-reopen": AGAINST_AUTHOR,
    "post-assign": AGAINST_AUTHOR,
    "post-note": AGAINST_AUTHOR,
    "post-erase": DELETING_POSTS,
    "thread-remove": AGAINST_AUTHOR,
    "thread-restore": AGAINST_AUTHOR,
    "thread-unlist": TO_A_PLACE,
    "thread-list": TO_A_PLACE,
    "thread-move-to-board": TO_A_PLACE,
    "thread-lock": TO_A_PLACE,
    "thread-unlock": TO_A_PLACE,
    "thread-slow": TO_A_PLACE,
    "thread-hasten": TO_A_PLACE,
    "thread-pin": TO_A_PLACE,
    "thread-unpin": TO_A_PLACE,
    "thread-retitle": TO_A_PLACE,
    "thread-tag": TO_A_PLACE,
    "thread-merge": TO_A_PLACE,
    "pending_post-approve": AGAINST_AUTHOR,
    "pending_post-reject": AGAINST_AUTHOR,
    "pending_post-give": AGAINST_AUTHOR,
    "pending_post-note": AGAINST_AUTHOR,
    "person-note": AGAINST_MEMBER,
    "person-warn": AGAINST_MEMBER,
    "person-silence": AGAINST_MEMBER,
    "person-unsilence": AGAINST_MEMBER,
    "person-suspend": AGAINST_MEMBER,
    "person-lift": AGAINST_MEMBER,
    "person-spammer": AGAINST_MEMBER_EVERYWHERE,
    "person-reset-password": MANAGING_ACCOUNTS,
    "person-set-password": MANAGING_ACCOUNTS,
    "person-set-address": MANAGING_ACCOUNTS,
    "person-confirm-address": MANAGING_ACCOUNTS,
    "person-log-out": MANAGING_ACCOUNTS,
    "person-deactivate": MANAGING_ACCOUNTS,
    "person-reactivate": MANAGING_ACCOUNTS,
    "person-anonymise": MANAGING_ACCOUNTS,
}

# What only administrators do.
FOR_ADMINISTRATORS = {name for name, row in EXPECTED.items() if row is MANAGING_ACCOUNTS}
