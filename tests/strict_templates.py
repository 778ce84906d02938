"""Templates of the forum fail loudly in tests where Django's would show nothing.

Django swallows a call without the needed arguments, an attribute that does not exist, and a name
that the view did not give. `{% if %}` may ask for an optional name; everything else is a mistake.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template import engines
from django.template.base import FilterExpression, Variable, VariableDoesNotExist
from django.template.context import BaseContext

OURS = f"{settings.BASE_DIR}/templates/"


class TemplateMistake(Exception):
    """A template uses something that is not there."""


class Nothing(str):
    """The replacement of an invalid value in templates: empty as Django’s, but recognised."""

    __slots__ = ()


NOTHING = Nothing()
_look_up, _resolve = Variable._resolve_lookup, FilterExpression.resolve


def _is_ours(context: Any) -> bool:
    template = getattr(context.render_context, "template", None)
    return template is not None and template.origin.name.startswith((OURS, "<unknown"))


def _strict_look_up(self: Variable, context: Any) -> Any:
    try:
        value = _look_up(self, context)
    except VariableDoesNotExist as error:
        (_bit, owner) = error.params
        if not isinstance(owner, BaseContext) and owner not in (None, "") and _is_ours(context):
            raise TemplateMistake(f"{self.var}: {error}") from error
        raise
    if value is NOTHING and _is_ours(context):
        raise TemplateMistake(f"{self.var} can't be called without arguments")
    return value


def _strict_resolve(self: FilterExpression, context: Any, ignore_failures: bool = False) -> Any:
    value = _resolve(self, context, ignore_failures)
    if value == "" and not ignore_failures and _is_ours(context) and _is_missing(self, context):
        raise TemplateMistake(f"{self.token}: there is no such name")
    return value


def _is_missing(expression: FilterExpression, context: Any) -> bool:
    if not isinstance(expression.var, Variable):
        return False
    try:
        expression.var.resolve(context)
    except VariableDoesNotExist:
        return not any(each[0].__name__.startswith("default") for each in expression.filters)
    return False


def be_strict() -> None:
    """Make all templates of the forum strict, until the process ends."""
    Variable._resolve_lookup = _strict_look_up  # type: ignore[method-assign]
    FilterExpression.resolve = _strict_resolve  # type: ignore[method-assign]
    engines["django"].engine.string_if_invalid = NOTHING
