"""A template loader that renders the constant parts of a template once, when it is loaded.

These are the tags `{% translate %}` and `{% blocktranslate %}` of a constant text, `{% url %}` and
`{% static %}` without variables: a process has one language and one set of addresses. They become
parts of the text around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.template import Context, NodeList
from django.template.base import FilterExpression, Node, Template, TextNode, TokenType
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch


class _FoldingLoader(base.Loader):
    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template = super().get_template(template_name, skip)
        context = Context()
        with context.bind_template(template):
            fold_constants(template.nodelist, context)
        return template


class Loader(cached.Loader, _FoldingLoader):
    """Django's cached loader, which keeps the templates after their constants are folded."""


def fold_constants(nodes: NodeList, context: Context) -> None:
    """Replace constant nodes by their text, also in nodes inside, and join neighbouring texts."""
    folded: list[Node] = []
    for node in nodes:
        for inner in _node_lists_in(node):
            fold_constants(inner, context)
        if not _is_constant(node):
            folded.append(node)
            continue
        try:
            text = node.render(context)
        except NoReverseMatch:  # of an address that is not there in this site
            folded.append(node)
            continue
        if folded and isinstance(folded[-1], TextNode):
            text = folded.pop().render(context) + text
        folded.append(TextNode(text))
    nodes[:] = folded


def _node_lists_in(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        for _condition, inner in node.conditions_nodelists:
            yield inner
        return
    lists: Iterator[NodeList | None] = (getattr(node, name, None) for name in node.child_nodelists)
    yield from filter(None, lists)


def _is_constant(node: Node) -> bool:
    match node:
        case TextNode() | CommentNode() | LoadNode():
            return True
        case TranslateNode():
            return not node.asvar and _are_constant(node.filter_expression, node.message_context)
        case BlockTranslateNode():
            has_values = node.extra_context or node.countervar or node.asvar
            is_text = all(token.token_type == TokenType.TEXT for token in node.singular)
            return is_text and not has_values and _are_constant(node.message_context)
        case URLNode():
            values = (node.view_name, *node.args, *node.kwargs.values())
            return not node.asvar and _are_constant(*values)
        case StaticNode():
            return not node.varname and _are_constant(node.path)
    return False


def _are_constant(*values: FilterExpression | None) -> bool:
    """Return whether all these values of a tag are literals, without filters."""
    return all(
        value is None
        or (not value.filters and (isinstance(value.var, str) or value.var.literal is not None))
        for value in values
    )
