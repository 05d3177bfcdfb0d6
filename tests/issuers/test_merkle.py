"""The Merkle tree, held against the published vectors of Certificate Transparency and the RFC's recursion."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuers import merkle

#: The reference implementation's entries and roots (google/certificate-transparency, merkletree tests).
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
GROWTH = {
    (1, 8): PATHS[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


unhurried = settings(deadline=None)


def leaves_of(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


def recursive(leaves: list[bytes]) -> bytes:
    """MTH as the RFC writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\x01" + recursive(leaves[:middle]) + recursive(leaves[middle:])).digest()


# -- Published vectors ----------------------------------------------------------------------------
@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_published_inclusion_proofs_come_out(index: int, size: int) -> None:
    path = merkle.proof(merkle.inclusion_parts(index, size), LEAVES)
    assert [step.hex() for step in path] == PATHS[index, size]
    found = merkle.root_by_inclusion(leaf=LEAVES[index], index=index, size=size, path=path)
    assert found == ROOTS[size]


@pytest.mark.parametrize(("first", "size"), GROWTH)
def test_the_published_consistency_proofs_come_out(first: int, size: int) -> None:
    path = merkle.proof(merkle.consistency_parts(first, size), LEAVES)
    assert [step.hex() for step in path] == GROWTH[first, size]
    assert merkle.is_consistent(
        first=first, first_root=ROOTS[first], size=size, size_root=ROOTS[size], path=path
    )


# -- The tree as it grows -------------------------------------------------------------------------
@unhurried
@given(st.integers(0, 1200))
def test_a_growing_tree_has_the_root_of_the_recursion(size: int) -> None:
    leaves = leaves_of(size)
    assert merkle.root(leaves) == recursive(leaves)


@unhurried
@given(st.integers(0, 4), st.integers(0, 700))
def test_whole_tiles_come_in_by_their_roots(tiles: int, rest: int) -> None:
    leaves = leaves_of(tiles * merkle.TILE + rest)
    grown, tree = merkle.Tree(), merkle.Tree()
    roots = [found for leaf in leaves if (found := grown.add(leaf))]
    for found in roots[:tiles]:
        tree.add_tile(found)
    for leaf in leaves[tiles * merkle.TILE :]:
        tree.add(leaf)
    assert (tree.root(), tree.size) == (grown.root(), len(leaves))
    assert len(roots) == len(leaves) // merkle.TILE


def test_a_tile_in_the_midst_of_another_is_refused() -> None:
    tree = merkle.Tree()
    tree.add(LEAVES[0])
    with pytest.raises(ValueError, match="tile"):
        tree.add_tile(LEAVES[1])


def test_a_copied_tree_grows_by_itself() -> None:
    tree = merkle.Tree()
    for leaf in LEAVES[:3]:
        tree.add(leaf)
    twin = tree.copied()
    twin.add(LEAVES[3])
    tree.add(LEAVES[4])
    assert twin.root() == ROOTS[4]
    assert tree.root() == recursive([*LEAVES[:3], LEAVES[4]])


# -- Proofs, each and every one of small trees, and large ones at random --------------------------
@unhurried
@given(st.integers(1, 600), st.data())
def test_every_leaf_is_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    path = merkle.proof(merkle.inclusion_parts(index, size), leaves)
    found = merkle.root_by_inclusion(leaf=leaves[index], index=index, size=size, path=path)
    assert found == recursive(leaves)


@unhurried
@given(st.integers(2, 200), st.data())
def test_a_changed_proof_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves, known = leaves_of(size), recursive(leaves_of(size))
    path = merkle.proof(merkle.inclusion_parts(index, size), leaves)
    place = data.draw(st.integers(0, len(path) - 1))
    forged = [*path[:place], bytes(32), *path[place + 1 :]]
    for changed in (forged, path[:-1], [*path, bytes(32)]):
        assert merkle.root_by_inclusion(leaf=leaves[index], index=index, size=size, path=changed) != known
    assert merkle.root_by_inclusion(leaf=bytes(32), index=index, size=size, path=path) != known


@unhurried
@given(st.integers(1, 400), st.data())
def test_every_growth_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    before, after = recursive(leaves[:first]), recursive(leaves)
    path = merkle.proof(merkle.consistency_parts(first, size), leaves)

    def holds(*, old: bytes = before, new: bytes = after, by: list[bytes] = path) -> bool:
        return merkle.is_consistent(first=first, first_root=old, size=size, size_root=new, path=by)

    assert holds()
    assert not holds(old=bytes(32))
    assert not holds(new=bytes(32))
    assert not holds(by=[*path, bytes(32)])
    assert not path or not holds(by=path[:-1])
    assert not path or not holds(by=[bytes(32), *path[1:]])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        merkle.inclusion_parts(index, size)
    assert merkle.root_by_inclusion(leaf=LEAVES[0], index=index, size=size, path=[]) is None


@pytest.mark.parametrize(("first", "size"), [(0, 3), (4, 3)])
def test_nothing_grows_from_nothing_or_backwards(first: int, size: int) -> None:
    with pytest.raises(ValueError, match="grows"):
        merkle.consistency_parts(first, size)
    assert not merkle.is_consistent(
        first=first, first_root=ROOTS[first], size=size, size_root=ROOTS[size], path=[]
    )


def test_a_tree_in_the_midst_of_a_subtree_needs_a_proof() -> None:
    assert not merkle.is_consistent(first=3, first_root=ROOTS[3], size=5, size_root=ROOTS[5], path=[])
