"""Where moderators move branches and threads to."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.forms.moderation import InBoardForm, ModerationForm
from forum.models import Board, Post, Thread
from forum.models.threads import TITLE_LENGTH

# The address of a post or thread, as the browser shows or copies it, or its number alone.
POST = re.compile(r"(?:.*/p/|.*#p|p|#)?([1-9][0-9]{0,17})/?")
THREAD = re.compile(r"(?:.*/t/)?([1-9][0-9]{0,17})(?:/.*)?")


class MoveForm(ModerationForm):
    to = forms.CharField(
        label=gettext_lazy("The post that it is to answer"),
        max_length=300,
        help_text=gettext_lazy("Its link, as “Copy link” gives it, or its number."),
    )
    field_order = ["to", "reason", "note", "seen"]

    def clean_to(self) -> Post:
        match = POST.fullmatch(self.cleaned_data["to"].strip())
        post = Post.objects.filter(pk=match[1]).first() if match else None
        if post is None:
            raise forms.ValidationError(_("There is no such post."))
        return post


class SplitForm(InBoardForm):
    title = forms.CharField(label=gettext_lazy("Title of the new thread"), max_length=TITLE_LENGTH)
    board = forms.ModelChoiceField(
        label=gettext_lazy("Board"),
        queryset=Board.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("The same as now"),
    )
    field_order = ["title", "board", "reason", "note", "seen"]


class MergeForm(ModerationForm):
    into = forms.CharField(
        label=gettext_lazy("The thread that it becomes a part of"),
        max_length=300,
        help_text=gettext_lazy("Its address, or its number. Its opening post is what it answers."),
    )
    field_order = ["into", "reason", "note", "seen"]

    def clean_into(self) -> Thread:
        match = THREAD.fullmatch(self.cleaned_data["into"].strip())
        thread = Thread.objects.filter(pk=match[1]).first() if match else None
        if thread is None:
            raise forms.ValidationError(_("There is no such thread."))
        return thread


class TitleForm(ModerationForm):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=TITLE_LENGTH)
    field_order = ["title", "reason", "note", "seen"]
