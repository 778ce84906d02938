"""Algorithms over trees in pre-order; no database, no recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# Labels of a tree lie between those of its root.
LABEL_BITS = 62
ROOT_LEFT = 1
ROOT_RIGHT = 1 << LABEL_BITS


@dataclass(frozen=True, slots=True)
class Label:
    """A node's interval and depth in a nested set."""

    left: int
    right: int
    level: int


def label_tree(parents: Mapping[int, int | None]) -> dict[int, Label]:
    """Return evenly spread labels for one whole tree, by node; one pass.

    `parents` maps each node to its parent (None for the root); children keep the order of the
    mapping. Raises ValueError if it is not one tree.
    """
    children: dict[int | None, list[int]] = {}
    for node, parent in parents.items():
        children.setdefault(parent, []).append(node)
    roots = children.get(None, [])
    if len(roots) != 1:
        raise ValueError(f"a tree has one root, not {len(roots)}")
    step = (ROOT_RIGHT - ROOT_LEFT) // (2 * len(parents))
    labels: dict[int, Label] = {}
    lefts: dict[int, int] = {}
    at = ROOT_LEFT
    stack: list[tuple[int, Iterator[int]]] = []

    def enter(node: int) -> None:
        lefts[node] = at
        stack.append((node, iter(children.get(node, ()))))

    enter(roots[0])
    while stack:
        node, rest = stack[-1]
        at += step
        child = next(rest, None)
        if child is not None:
            enter(child)
            continue
        stack.pop()
        labels[node] = Label(lefts[node], at if stack else ROOT_RIGHT, len(stack))
    if len(labels) != len(parents):
        raise ValueError("some nodes are not connected to the root")
    return labels


def in_tree_order(nodes: Sequence[tuple[int, int | None]]) -> list[int]:
    """Return the indices of `nodes` in pre-order, siblings in the order given.

    `nodes` are (id, parent); those whose parent is not among them are roots.
    """
    known = {node for node, _parent in nodes}
    below: dict[int | None, list[int]] = {}
    for place, (_node, parent) in enumerate(nodes):
        below.setdefault(parent if parent in known else None, []).append(place)
    ordered: list[int] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        place = waiting.pop()
        ordered.append(place)
        waiting += below.get(nodes[place][0], [])[::-1]
    return ordered


def depths(nodes: Sequence[tuple[int, int | None]]) -> list[int]:
    """Return the depth of each node among those given: 0 when its parent is not among them.

    `nodes` are (id, parent) in pre-order.
    """
    depth: dict[int, int] = {}
    for node, parent in nodes:
        depth[node] = depth[parent] + 1 if parent is not None and parent in depth else 0
    return [depth[node] for node, _parent in nodes]


def branch_sizes(levels: Sequence[int]) -> list[int]:
    """Return the number of descendants of each node, for nodes in pre-order given by depth."""
    sizes = [0] * len(levels)
    open_nodes: list[int] = []
    for place, level in enumerate(levels):
        while open_nodes and levels[open_nodes[-1]] >= level:
            closed = open_nodes.pop()
            sizes[closed] = place - closed - 1
        open_nodes.append(place)
    for place in open_nodes:
        sizes[place] = len(levels) - place - 1
    return sizes
