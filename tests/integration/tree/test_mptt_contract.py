"""Methods of django-mptt: correct with sparse labels, or refused. Review it for new versions."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from mptt.managers import TreeManager
from mptt.models import MPTTModel
from mptt.querysets import TreeQuerySet
from mptt.utils import get_cached_trees, tree_item_iterator

from forum.actions.branches import renumber
from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Post, Revision, Thread
from forum.moderation.actions.branch_moves import move_branch

# The methods of django-mptt 0.20: overridden or refused; correct as they are; called only by
# refused methods. A missing name is new: review what it does to labels.
OVERRIDDEN = {
    TreeManager: """insert_node move_node _move_node rebuild partial_rebuild build_tree_nodes
        disable_mptt_updates delay_mptt_updates _manage_space _create_tree_space
        _get_next_tree_id""",
    MPTTModel: """get_ancestors get_descendant_count is_leaf_node get_leafnodes save delete""",
    TreeQuerySet: "",
}
CORRECT = {
    TreeManager: """contribute_to_class get_queryset _get_queryset_relatives
        get_queryset_descendants get_queryset_ancestors parent_attr left_attr right_attr
        tree_id_attr level_attr _translate_lookups _mptt_filter _mptt_update _get_connection
        add_related_count root_node root_nodes""",
    MPTTModel: """_mpttfield _mptt_updates_enabled _set_mptt_updates_enabled _mptt_is_tracking
        _mptt_start_tracking _mptt_stop_tracking _mptt_track_tree_modified
        _mptt_track_tree_insertions get_family get_children get_descendants get_next_sibling
        get_previous_sibling get_root get_siblings get_level insert_at is_child_node is_root_node
        is_descendant_of is_ancestor_of move_to _is_saved _get_user_field_names _mptt_refresh
        Meta _meta _mptt_meta _mptt_tracking_base objects""",
    TreeQuerySet: "as_manager get_descendants get_ancestors get_cached_trees",
}
UNREACHABLE = {
    TreeManager: """_refresh_tree_fields _find_out_rebuild_fields _get_parents _get_children
        _rebuild_helper _post_insert_update_cached_parent_right _calculate_inter_tree_move_values
        _close_gap _create_space _inter_tree_move_and_close_gap _make_child_root_node
        _make_sibling_of_root_node _move_child_node _move_child_to_new_tree
        _move_child_within_tree _move_root_node""",
    MPTTModel: "",
    TreeQuerySet: "",
}


@pytest.fixture
def tree(thread, alice, bob):
    """Return the posts of the tree a(b(c d(e)) f(g)), by name, with sparse labels."""
    posts = {"a": Post.objects.get(thread=thread, parent=None)}
    for name, parent in zip("bfcdge", "aabbfd", strict=True):
        posts[name] = reply_to(posts[parent], author=bob, source=f"This is {name}.")
    return {name: Post.objects.get(pk=post.pk) for name, post in sorted(posts.items())}


def names_of(tree, posts):
    by_id = {post.pk: name for name, post in tree.items()}
    return "".join(by_id[post.pk] for post in posts)


@pytest.mark.parametrize("base", [TreeManager, MPTTModel, TreeQuerySet])
def test_every_method_of_django_mptt_has_been_reviewed(base):
    existing = {name for name in vars(base) if not name.startswith("__")}
    considered = f"{OVERRIDDEN[base]} {CORRECT[base]} {UNREACHABLE[base]}".split()
    assert existing == set(considered)


@pytest.mark.parametrize("base", [TreeManager, MPTTModel])
def test_overridden_methods_are_not_those_of_django_mptt(base):
    own_class = Post if base is MPTTModel else type(Post.objects)
    for name in OVERRIDDEN[base].split():
        assert getattr(own_class, name) is not getattr(base, name), name


# -- Reading --------------------------------------------------------------------------------------


def test_methods_for_reading_trees_are_correct(tree):
    def read(method, name, *args, **kwargs):
        return names_of(tree, getattr(tree[name], method)(*args, **kwargs))

    assert names_of(tree, Post.objects.all()) == "abcdefg"
    assert read("get_ancestors", "e") == "abd"
    assert read("get_ancestors", "e", include_self=True) == "abde"
    assert read("get_ancestors", "e", ascending=True, include_self=True) == "edba"
    assert read("get_ancestors", "a") == ""
    assert read("get_descendants", "b") == "cde"
    assert read("get_descendants", "b", include_self=True) == "bcde"
    assert read("get_descendants", "c") == ""
    assert read("get_descendants", "c", include_self=True) == "c"
    assert read("get_children", "a") == "bf"
    assert read("get_children", "e") == ""
    assert read("get_family", "d") == "abde"
    assert read("get_leafnodes", "a") == "ceg"
    assert read("get_leafnodes", "c", include_self=True) == "c"
    assert read("get_leafnodes", "b", include_self=True) == "ce"
    assert read("get_siblings", "c") == "d"
    assert read("get_siblings", "c", include_self=True) == "cd"
    assert {n: tree[n].get_descendant_count() for n in "abceg"} == {
        "a": 6, "b": 3, "c": 0, "e": 0, "g": 0,
    }  # fmt: skip
    assert [n for n in tree if tree[n].is_leaf_node()] == ["c", "e", "g"]
    assert [n for n in tree if tree[n].is_root_node()] == ["a"]
    assert [tree[n].get_level() for n in tree] == [0, 1, 2, 2, 3, 1, 2]


def test_methods_for_siblings_and_relations_are_correct(tree):
    assert tree["b"].get_next_sibling() == tree["f"]
    assert tree["f"].get_previous_sibling() == tree["b"]
    assert tree["f"].get_next_sibling() is None
    assert tree["b"].get_previous_sibling() is None
    assert tree["e"].get_root() == tree["a"]
    assert tree["b"].is_ancestor_of(tree["e"])
    assert not tree["f"].is_ancestor_of(tree["e"])
    assert not tree["b"].is_ancestor_of(tree["b"])
    assert tree["b"].is_ancestor_of(tree["b"], include_self=True)
    assert tree["e"].is_descendant_of(tree["a"])
    assert not tree["e"].is_descendant_of(tree["c"])


def test_methods_of_querysets_and_managers_are_correct(tree):
    some = Post.objects.filter(pk__in=[tree["d"].pk, tree["g"].pk])

    assert names_of(tree, some.get_ancestors()) == "abf"
    assert names_of(tree, some.get_ancestors(include_self=True)) == "abdfg"
    assert names_of(tree, some.get_descendants()) == "e"
    assert names_of(tree, some.get_descendants(include_self=True)) == "deg"
    assert Post.objects.root_node(tree["a"].tree_id) == tree["a"]
    assert list(Post.objects.root_nodes()) == [tree["a"]]
    counted = Post.objects.add_related_count(
        Post.objects.all(), Post, "parent", "answers", cumulative=False
    )
    assert [post.answers for post in counted] == [2, 2, 0, 1, 0, 1, 0]
    (root,) = get_cached_trees(Post.objects.all())
    assert names_of(tree, root.get_children()) == "bf"
    opened = [info["new_level"] for _post, info in tree_item_iterator(list(Post.objects.all()))]
    assert opened == [True, True, True, False, True, False, True]


def test_outdated_posts_can_be_read_after_new_replies(tree, alice):
    reply_to(tree["b"], author=alice, source="Late.")
    assert names_of(tree, tree["f"].get_descendants()) == "g"
    assert tree["f"].get_previous_sibling() == tree["b"]


# -- Writing --------------------------------------------------------------------------------------


def test_methods_that_renumber_are_refused(tree, assert_trees_sound):
    objects, b, f = Post.objects, tree["b"], tree["f"]
    new = Post(thread_id=b.thread_id, author_id=b.author_id, number=90)
    methods = {
        "rebuild": objects.rebuild,
        "partial_rebuild": lambda: objects.partial_rebuild(b.tree_id),
        "build_tree_nodes": lambda: objects.build_tree_nodes({"source": "x"}, target=b),
        "disable_mptt_updates": lambda: objects.disable_mptt_updates().__enter__(),
        "delay_mptt_updates": lambda: objects.delay_mptt_updates().__enter__(),
        "move_node": lambda: objects.move_node(f, b),
        "move_node to the top": lambda: objects.move_node(f, None),
        "move_to": lambda: f.move_to(b),
        "insert first": lambda: new.insert_at(b),
        "insert beside": lambda: objects.insert_node(new, b, position="left"),
        "insert after the root": lambda: objects.insert_node(new, tree["a"], position="right"),
        "spaces": lambda: objects._create_space(2, 1, b.tree_id),
        "gaps": lambda: objects._close_gap(2, 1, b.tree_id),
        "spaces between trees": lambda: objects._create_tree_space(b.tree_id),
        "next tree": objects._get_next_tree_id,
        "root of its own": lambda: objects._make_child_root_node(f),
        "delete": b.delete,
    }
    with transaction.atomic():
        Thread.objects.lock(b.thread_id)
        for name, call in methods.items():
            with pytest.raises(NotImplementedError):
                call()
                pytest.fail(name)
    assert names_of(tree, Post.objects.all()) == "abcdefg"
    assert_trees_sound()


def test_dense_labels_are_rejected_by_the_database(tree, opening):
    new_post = Post(
        thread=opening.thread, tree_id=opening.tree_id, parent=opening, author=opening.author,
        number=90, lft=opening.rght, rght=opening.rght + 1, level=1,
    )  # fmt: skip
    all_posts = Post.objects.order_by()

    def shift():
        objects = Post.objects
        objects._inter_tree_move_and_close_gap(tree["b"], 1, 0, opening.tree_id)

    for name, call in {
        "bulk_create": lambda: Post.objects.bulk_create([new_post]),
        "update of a parent": lambda: all_posts.filter(pk=tree["f"].pk).update(parent=tree["b"]),
        "update of labels": lambda: all_posts.filter(pk=tree["b"].pk).update(rght=10),
        "bulk_update": lambda: Post.objects.bulk_update(
            [setattr(tree["f"], "parent", tree["b"]) or tree["f"]], ["parent"]
        ),
        "stock SQL": shift,
        "delete of rows": lambda: all_posts.filter(pk=tree["b"].pk)._raw_delete("default"),
    }.items():
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            Thread.objects.lock(opening.thread_id)
            call()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            pytest.fail(name)


def test_insert_node_places_a_post_in_its_parent_without_moving_others(
    tree, bob, assert_trees_sound
):
    before = dict(Post.objects.values_list("pk", "lft"))
    with transaction.atomic():
        thread = Thread.objects.locked(tree["b"].thread_id)
        new = Post(thread=thread, author=bob, number=thread.take_numbers())
        # Outdated labels of the target do no harm: they are read again under the lock.
        tree["b"].lft = tree["b"].rght = 5
        Post.objects.insert_node(new, tree["b"], save=True)
        Revision.objects.create(post=new, number=new.number, editor=bob)
        thread.record_latest_post(new)
        renumber(thread.pk)
    assert [post.pk for post in tree["b"].get_children()][-1] == new.pk
    assert before.items() <= dict(Post.objects.values_list("pk", "lft")).items()
    assert_trees_sound()


def test_tree_id_of_an_opening_post_is_the_id_of_its_thread(board, alice):
    threads = [start_thread(board, author=alice, title="T", source="Hi.") for _ in range(3)]
    roots = Post.objects.filter(thread__in=threads).order_by("pk")
    assert [root.tree_id for root in roots] == [thread.pk for thread in threads]


# -- Saving ---------------------------------------------------------------------------------------


def test_saving_all_fields_or_tree_fields_is_refused(tree):
    post = tree["f"]
    for arguments in ({}, {"update_fields": None}, {"force_update": True}):
        with pytest.raises(NotImplementedError):
            post.save(**arguments)
    post.parent = tree["b"]
    for fields in (["parent"], ["source", "parent_id"], ["lft"], ["thread"], ["level"]):
        with pytest.raises(NotImplementedError):
            post.save(update_fields=fields)
    assert Post.objects.get(pk=post.pk).parent_id == tree["a"].pk


def test_saving_an_outdated_post_undoes_neither_a_move_nor_an_edit(
    tree, bob, carol, assert_trees_sound
):
    stale = Post.objects.get(pk=tree["f"].pk)
    edit_post(tree["f"], actor=bob, source="Edited meanwhile.")
    move_branch(tree["f"], to=tree["c"], actor=carol, reason="about c")

    stale.excerpt = "Only this."
    stale.save(update_fields=["excerpt"])

    current = Post.objects.get(pk=stale.pk)
    assert (current.excerpt, current.source, current.parent) == (
        "Only this.",
        "Edited meanwhile.",
        tree["c"],
    )
    assert names_of(tree, Post.objects.all()) == "abcfgde"
    assert_trees_sound()


def test_saving_a_moved_post_keeps_its_place(tree, carol, assert_trees_sound):
    post = tree["f"]
    move_branch(post, to=tree["c"], actor=carol, reason="about c")
    post.refresh_from_db()
    post.excerpt = "Only this."
    post.save(update_fields=["excerpt"])
    assert names_of(tree, Post.objects.all()) == "abcfgde"
    assert_trees_sound()


def test_copy_of_a_post_cannot_be_saved(tree):
    copy = Post.objects.get(pk=tree["c"].pk)
    copy.pk = None
    with pytest.raises(NotImplementedError):
        copy.save()
    copy._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()
