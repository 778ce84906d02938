"""The keys of the site, and what each does. The deeds are in `static/js/keys.js`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# For each part of the site: the keys, and what they do. Several keys do several things, in turn.
KEYS: tuple[tuple[object, tuple[tuple[tuple[str, ...], object], ...]], ...] = (
    (
        _("From post to post"),
        (
            (("j", "k"), _("next, previous post; folded ones are passed over")),
            (("n", "Shift n"), _("next, previous new post")),
            (("Shift j", "Shift k"), _("next, previous answer to the same post")),
            (("[", "]"), _("previous, next branch")),
            (("p",), _("the post that this one answers")),
            (("i",), _("a look at it, from here")),
            (("h",), _("the opening post")),
            (("b",), _("back to where you were before a jump")),
        ),
    ),
    (
        _("With a post"),
        (
            (("r",), _("reply")),
            (("q",), _("reply with the selected words as a quote, or the whole post")),
            (("e",), _("edit, if it is yours")),
            (("l",), _("copy the link to it")),
            (("m",), _("everything else: the menu under More")),
        ),
    ),
    (
        _("In the thread"),
        (
            (("c", "Shift c"), _("fold or open a branch, all branches")),
            ((".",), _("show the replies that have arrived")),
        ),
    ),
    (
        _("In a list of threads"),
        (
            (("j", "k"), _("next, previous thread")),
            (("o",), _("open it")),
            (("n",), _("next thread with something new")),
        ),
    ),
    (
        _("Anywhere"),
        (
            (("?",), _("these keys")),
            (("Esc",), _("close what is open; out of a reply, which keeps its words")),
            (("Ctrl Enter",), _("post what is being written; ⌘ Enter on a Mac")),
        ),
    ),
)
