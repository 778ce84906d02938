"""Tree order without a database: labels, depths, sizes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.lib.tree import (
    ROOT_LEFT,
    ROOT_RIGHT,
    Label,
    branch_sizes,
    depths,
    in_tree_order,
    label_tree,
)


@st.composite
def trees(draw, max_size=60):
    """Generate a tree as the parent of each node, with the nodes in random order."""
    size = draw(st.integers(1, max_size))
    names = draw(st.permutations(range(100, 100 + size)))
    parents: dict[int, int | None] = {names[0]: None}
    for index in range(1, size):
        parents[names[index]] = names[draw(st.integers(0, index - 1))]
    order = draw(st.permutations(list(parents)))
    return {node: parents[node] for node in order}


def children_of(parents, node):
    return [child for child, parent in parents.items() if parent == node]


def preorder(labels):
    return sorted(labels, key=lambda node: labels[node].left)


@given(trees())
def test_labels_of_a_node_are_inside_those_of_its_parent(parents):
    labels = label_tree(parents)

    assert labels.keys() == parents.keys()
    for node, parent in parents.items():
        label = labels[node]
        assert label.left < label.right
        if parent is None:
            assert label == Label(ROOT_LEFT, ROOT_RIGHT, 0)
        else:
            assert labels[parent].left < label.left
            assert label.right < labels[parent].right
            assert label.level == labels[parent].level + 1


@given(trees())
def test_siblings_are_labelled_in_order_without_overlapping(parents):
    labels = label_tree(parents)

    for node in parents:
        siblings = [labels[child] for child in children_of(parents, node)]
        assert all(a.right < b.left for a, b in itertools.pairwise(siblings))


@given(trees())
def test_all_edges_are_far_apart(parents):
    labels = label_tree(parents).values()

    edges = sorted([label.left for label in labels] + [label.right for label in labels])
    share = (ROOT_RIGHT - ROOT_LEFT) // (2 * len(parents))
    assert all(b - a >= share for a, b in itertools.pairwise(edges))


@given(trees())
def test_depths_of_a_whole_tree_are_its_levels(parents):
    labels = label_tree(parents)
    nodes = preorder(labels)

    assert depths([(node, parents[node]) for node in nodes]) == [labels[n].level for n in nodes]


@given(trees(), st.data())
def test_depths_in_a_part_count_from_missing_parents(parents, data):
    nodes = preorder(label_tree(parents))
    kept = [node for node in nodes if data.draw(st.booleans())]

    def depth(node):
        parent = parents[node]
        return depth(parent) + 1 if parent in kept else 0

    assert depths([(node, parents[node]) for node in kept]) == [depth(node) for node in kept]


@given(trees())
def test_branch_sizes_are_numbers_of_descendants(parents):
    labels = label_tree(parents)
    nodes = preorder(labels)

    def below(node):
        return sum(1 + below(child) for child in children_of(parents, node))

    assert branch_sizes([labels[node].level for node in nodes]) == [below(n) for n in nodes]


def test_chain_of_100_000_is_labelled_without_recursion():
    labels = label_tree({node: node - 1 if node else None for node in range(100_000)})

    assert labels[99_999].level == 99_999
    assert len(depths([(n, n - 1 if n else None) for n in range(100_000)])) == 100_000
    assert branch_sizes(range(100_000))[0] == 99_999


@pytest.mark.parametrize(
    "parents",
    [
        {},
        {1: None, 2: None},
        {1: 2, 2: 1},
        {1: None, 2: 3, 3: 2},
        {1: None, 2: 99},
        {1: None, 2: 2},
    ],
    ids=["nothing", "two roots", "a ring", "a ring beside a tree", "an orphan", "its own parent"],
)
def test_nodes_that_form_no_tree_are_rejected(parents):
    with pytest.raises(ValueError, match="root"):
        label_tree(parents)


@given(trees())
def test_tree_order_is_found_from_parents_only(parents):
    nodes = list(parents.items())

    ordered = [nodes[index][0] for index in in_tree_order(nodes)]

    assert ordered == preorder(label_tree(parents))


def test_nodes_with_missing_parents_are_at_the_top_level():
    assert in_tree_order([(5, 1), (6, 9), (7, 5), (8, 6)]) == [0, 2, 1, 3]
    assert in_tree_order([]) == []
