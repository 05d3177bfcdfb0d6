"""Pure. The Merkle tree of RFC 9162, section 2.1: its root, and proofs that somebody else can check.

A proof is a list of hashes of runs of leaves; ``inclusion_parts`` and ``consistency_parts`` say which, so
that whoever keeps a million leaves need not hash them all for one proof.
"""

import hashlib
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Self

EMPTY = hashlib.sha256(b"").digest()
#: So many leaves make a tile: a perfect subtree whose root is kept, so that it is not hashed again.
TILE = 256

#: Leaves ``start`` to ``stop``, the last one excluded.
Part = tuple[int, int]


# -- Hashes ---------------------------------------------------------------------------------------
def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry; its first byte tells a leaf from a node."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Peaks:
    """A tree that grows at its right edge: the roots of its perfect subtrees, the largest first."""

    __slots__ = ("hashes", "size")

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf, given by its hash; subtrees that are now of one size become one."""
        merges = self.size
        while merges & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            merges >>= 1
        self.hashes.append(leaf)
        self.size += 1


class Tree:
    """A growing tree in tiles: what is whole comes in by its root, the rest leaf by leaf."""

    __slots__ = ("_rest", "_tiles")

    def __init__(self) -> None:
        self._tiles, self._rest = Peaks(), Peaks()

    @property
    def size(self) -> int:
        return self._tiles.size * TILE + self._rest.size

    def add_tile(self, root_of_tile: bytes) -> None:
        """``TILE`` leaves at once. Raises ValueError in the midst of another tile."""
        if self._rest.size:
            raise ValueError("a tile begins where the one before it ends")
        self._tiles.add(root_of_tile)

    def add(self, leaf: bytes) -> bytes | None:
        """One more leaf, given by its hash; returns the root of the tile that it makes whole, if it does."""
        self._rest.add(leaf)
        if self._rest.size < TILE:
            return None
        [whole] = self._rest.hashes
        self._rest = Peaks()
        self._tiles.add(whole)
        return whole

    def root(self) -> bytes:
        """The Merkle tree hash over all leaves so far."""
        peaks = [*self._tiles.hashes, *self._rest.hashes]
        if not peaks:
            return EMPTY
        found = peaks.pop()
        while peaks:
            found = node_hash(peaks.pop(), found)
        return found

    def copied(self) -> Self:
        """A tree of its own that grows from here."""
        twin = type(self)()
        for name in self.__slots__:
            peaks = copy(getattr(self, name))
            peaks.hashes = list(peaks.hashes)
            setattr(twin, name, peaks)
        return twin


def root(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree hash over these leaf hashes (section 2.1.1)."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


# -- Proofs ---------------------------------------------------------------------------------------
def _split(size: int) -> int:
    """The largest power of two below ``size``: where a tree parts into its two subtrees."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_parts(index: int, size: int) -> list[Part]:
    """The runs whose hashes prove that leaf ``index`` is in a tree of ``size`` (section 2.1.3.1).

    Raises ValueError outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside the tree")
    parts, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            parts.append((middle, stop))
            stop = middle
        else:
            parts.append((start, middle))
            start = middle
    return parts[::-1]


def consistency_parts(first: int, size: int) -> list[Part]:
    """The runs whose hashes prove that a tree of ``first`` leaves grew to ``size`` (section 2.1.4.1).

    Raises ValueError unless ``0 < first <= size``.
    """
    if not 0 < first <= size:
        raise ValueError("a tree grows from at least one leaf")
    parts, start, stop, whole = [], 0, size, True
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            parts.append((middle, stop))
            stop = middle
        else:
            parts.append((start, middle))
            start, whole = middle, False
    if not whole:
        parts.append((start, stop))
    return parts[::-1]


def proof(parts: Iterable[Part], leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes of these runs of leaf hashes."""
    return [root(leaves[start:stop]) for start, stop in parts]


def root_by_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which this path leads from a leaf hash (section 2.1.3.2); ``None`` for no such path."""
    if not 0 <= index < size:
        return None
    number, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if number & 1 or number == last:
            found = node_hash(step, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, step)
        number, last = number >> 1, last >> 1
    return found if last == 0 else None


def is_consistent(
    *, first: int, first_root: bytes, size: int, size_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the path proves that the tree of ``first`` leaves grew into that of ``size`` (2.1.4.2)."""
    if not 0 < first <= size:
        return False
    if first == size:
        return not path and first_root == size_root
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not steps:
        return False
    number, last = first - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, step)
        number, last = number >> 1, last >> 1
    return last == 0 and (old, new) == (first_root, size_root)
