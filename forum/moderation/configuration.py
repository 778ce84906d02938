"""Settings that administrators edit as rows: each change is an entry of the log and can be undone.

`CONFIGURED_MODELS` lists the models by their names in the log, which stores all of their editable
fields, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model, ProtectedError, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Invalid
from forum.log_entry_types import LogEntryType, register_type
from forum.models import (
    Board,
    Category,
    ModerationAction,
    ModerationEffect,
    ReasonTemplate,
    ReviewRule,
    SiteText,
    Tag,
    User,
)
from forum.models.visibility import Reader
from forum.moderation.audit_log import NewEntry, log_changes
from forum.moderation.registry import LOCKS, register_state
from forum.moderation.targets import TargetState
from forum.permissions import PermissionResult, can_configure, can_make_tags

RowValues = dict[str, Any] | None  # of all fields; none of a row that is not there

CONFIGURED_MODELS: dict[str, type[Model]] = {
    ModerationEffect.Kind.REASON: ReasonTemplate,
    ModerationEffect.Kind.RULE: ReviewRule,
    ModerationEffect.Kind.CATEGORY: Category,
    ModerationEffect.Kind.BOARD: Board,
    ModerationEffect.Kind.SITE: SiteText,
    ModerationEffect.Kind.TAG: Tag,
}
# Who may change the rows of a model; for the others, administrators.
PERMISSIONS: dict[type[Model], Callable[[Reader], PermissionResult]] = {Tag: can_make_tags}


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its id; it may not exist yet, or no longer exist."""

    model: type[Model]
    pk: int

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name} {self.pk}"


@retrying_transaction
def set_up(row: Model, *, actor: User, reason: str = "") -> ModerationAction | None:
    """Save a row, new or changed; return None when that changes nothing. Inverse: `undo`.

    Raises `NotAllowed`, `Invalid` or `Busy`.
    """
    if row.pk is None:
        row.pk = _next_id(type(row))
    return _set(row, values_of(row), actor, reason)


@retrying_transaction
def take_down(row: Model, *, actor: User, reason: str = "") -> ModerationAction | None:
    """Delete a row; return None when it is gone already. Inverse: `undo`.

    Raises `NotAllowed` or `Busy`.
    """
    return _set(row, None, actor, reason)


def _set(row: Model, values: RowValues, actor: User, reason: str) -> ModerationAction | None:
    model = type(row)
    can_change(actor, model).enforce()
    (target,) = _lock(model, [row.pk])
    kind = _kind_of(model)
    before = _read(target)
    if values == before:
        return None
    done = _("Deleted") if values is None else _("Added") if before is None else _("Changed")
    why = reason or _("%(done)s: “%(row)s”") % {"done": done, "row": row}
    return log_changes(NewEntry(CONFIGURE.name, actor, why[:500]), [(STATES[kind], target, values)])


def can_change(person: Reader, model: type[Model]) -> PermissionResult:
    """Check whether this person may change the rows of that model."""
    return PERMISSIONS.get(model, can_configure)(person)


def values_of(row: Model) -> dict[str, Any]:
    """Return the editable values of a row by field, as the log stores them."""
    fields = [field for field in row._meta.concrete_fields if field.editable]
    values = {field.attname: field.value_from_object(row) for field in fields}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _lock(model: type[Model], ids: Collection[int]) -> list[Row]:
    """Return these rows, existing or not; existing ones are locked."""
    list(model._default_manager.select_for_update().filter(pk__in=ids).order_by("pk"))
    return [Row(model, pk) for pk in sorted(ids)]


def _kind_of(model: type[Model]) -> str:
    return next(kind for kind, each in CONFIGURED_MODELS.items() if each is model)


def _read(row: Row) -> RowValues:
    found = row.model._default_manager.filter(pk=row.pk).first()
    return values_of(found) if found else None


def _write(values: Sequence[tuple[Row, RowValues]], _action: ModerationAction) -> None:
    for row, value in values:
        there = row.model._default_manager.filter(pk=row.pk)
        if value is None:
            _delete(there)
            continue
        saved = there.first() or row.model(pk=row.pk)
        for field in row.model._meta.concrete_fields:
            if field.attname in value:
                setattr(saved, field.attname, field.to_python(value[field.attname]))
        try:
            saved.full_clean(exclude=["id"])
        except ValidationError as error:
            raise Invalid(" ".join(error.messages)) from error
        saved.save()


def _delete(rows: QuerySet[Any]) -> None:
    try:
        rows.delete()
    except ProtectedError as error:
        raise Conflict(_("It is in use, so it can’t be deleted.")) from error


def _next_id(model: type[Model]) -> int:
    """Return an id for a new row, since the entry about it is written first."""
    with connection.cursor() as cursor:
        table, column = model._meta.db_table, model._meta.pk.column
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, column])
        return int(cursor.fetchone()[0])


CONFIGURE = register_type(
    LogEntryType(
        "configure", gettext_lazy("changed a setting"), inverse="configure", is_public=False
    )
)
# The whole row is the only state of a row.
STATES = {
    kind: register_state(
        TargetState(kind, "row", _read, _write, lambda actor, row: can_change(actor, row.model))
    )
    for kind in CONFIGURED_MODELS
}
LOCKS.update({kind: partial(_lock, model) for kind, model in CONFIGURED_MODELS.items()})
