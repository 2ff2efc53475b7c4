"""A sorted collection of numbers that never changes in place: each change gives a new one and shares the rest.

It is a treap: a search tree by value that is also a heap by priorities. The priorities are a hash of each entry's
number, so that the tree is balanced as if by chance, and yet alike whenever it is built alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Entry: TypeAlias = tuple[float, int]  # a value, and a number that no other entry has
Tree: TypeAlias = "Node | None"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    entry: Entry
    priority: int
    left: Tree
    right: Tree
    size: int


def size(tree: Tree) -> int:
    return 0 if tree is None else tree.size


def insert(tree: Tree, entry: Entry) -> Node:
    """O(log n)."""
    priority = hash((entry[1], 0x9E3779B9))
    if tree is None or priority > tree.priority:
        below, above = _split(tree, entry)
        return _node(entry, priority, below, above)
    if entry < tree.entry:
        return _node(tree.entry, tree.priority, insert(tree.left, entry), tree.right)
    return _node(tree.entry, tree.priority, tree.left, insert(tree.right, entry))


def remove(tree: Tree, entry: Entry) -> Tree:
    """O(log n). An entry that is not there changes nothing."""
    if tree is None:
        return None
    if entry == tree.entry:
        return _join(tree.left, tree.right)
    if entry < tree.entry:
        return _node(tree.entry, tree.priority, remove(tree.left, entry), tree.right)
    return _node(tree.entry, tree.priority, tree.left, remove(tree.right, entry))


def at(tree: Tree, rank: int) -> float:
    """The value of a rank, the smallest has 0. O(log n). Raises IndexError for a rank that nobody has."""
    while tree is not None:
        before = size(tree.left)
        if rank < before:
            tree = tree.left
        elif rank == before:
            return tree.entry[0]
        else:
            rank, tree = rank - before - 1, tree.right
    raise IndexError(rank)


def _node(entry: Entry, priority: int, left: Tree, right: Tree) -> Node:
    return Node(entry, priority, left, right, 1 + size(left) + size(right))


def _split(tree: Tree, entry: Entry) -> tuple[Tree, Tree]:
    """What is below the entry and what is above it."""
    if tree is None:
        return None, None
    if entry < tree.entry:
        below, above = _split(tree.left, entry)
        return below, _node(tree.entry, tree.priority, above, tree.right)
    below, above = _split(tree.right, entry)
    return _node(tree.entry, tree.priority, tree.left, below), above


def _join(left: Tree, right: Tree) -> Tree:
    """One tree of two, of which all of `left` is below all of `right`."""
    if left is None or right is None:
        return left or right
    if left.priority > right.priority:
        return _node(left.entry, left.priority, left.left, _join(left.right, right))
    return _node(right.entry, right.priority, _join(left, right.left), right.right)
