"""The verifier on published vectors: our own small ones always, the official ones where they lie.

The official ones are those of github.com/transparency-dev/merkle; MERKLE_VECTORS names their
folder, else they are looked for beside the repository.

Those of subtrees are of a draft (Merkle tree certificates), of which the ledger hands nothing out.
A subtree is a tree of its own, so that our checks read them all the same, as far as they go: what
begins behind the first leaf and grew is refused.
"""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from services.audit.verifier import (
    EMPTY_ROOT,
    HASH_BYTES,
    Wrong,
    check_consistency,
    root_from_inclusion,
)

ROOT = Path(__file__).parents[3]
OFFICIAL = Path(os.environ.get("MERKLE_VECTORS", ROOT.parent / "shared" / "vectors")) / "testdata"
OWN = Path(__file__).parent / "vectors"


def vectors(kind: str, *folders: Path) -> list[Any]:
    return [
        pytest.param(json.loads(path.read_text()), id=f"{path.parent.name}/{path.stem}")
        for folder in folders or (OWN, OFFICIAL)
        for path in sorted((folder / kind).rglob("*.json"))
    ]


def octets(text: str | None) -> bytes:
    return b64decode(text or "")


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_inclusion(vector: dict[str, Any]):
    """A path is taken when it should be, and only then."""
    path = [octets(each) for each in vector["proof"] or []]
    arguments = vector["leafIdx"], vector["treeSize"], octets(vector["leafHash"]), path
    assert leads_to(arguments, octets(vector["root"])) is not vector["wantErr"]


def leads_to(arguments: Any, root: bytes) -> bool:
    try:
        return root_from_inclusion(*arguments) == root
    except Wrong:
        return False


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_consistency(vector: dict[str, Any]):
    """A growth is believed when it is shown, and only then."""
    roots = octets(vector["root1"]), octets(vector["root2"])
    proof = [octets(each) for each in vector["proof"] or []]
    assert grew(vector["size1"], vector["size2"], *roots, proof) is not vector["wantErr"]


def grew(*arguments: Any) -> bool:
    try:
        check_consistency(*arguments)
    except Wrong:
        return False
    return True


@pytest.mark.parametrize("vector", vectors("subtreeinclusion"))
def test_inclusion_in_a_subtree(vector: dict[str, Any]):
    """The path of a leaf in the tree that begins where the subtree does."""
    start, end = vector["start"], vector["end"]
    arguments = (
        vector["leafIdx"] - start,
        end - start,
        octets(vector["leafHash"]),
        [octets(each) for each in vector["proof"] or []],
    )
    shown = is_subtree(start, end) and leads_to(arguments, octets(vector["root"]))
    assert shown is not vector["wantErr"]


def is_subtree(start: int, end: int) -> bool:
    """Tell whether leaves are a subtree: from a multiple of a power of two that holds them."""
    return start < end and start % (1 << (end - start - 1).bit_length()) == 0


@pytest.mark.parametrize("vector", vectors("subtreeconsistency"))
def test_consistency_with_a_subtree(vector: dict[str, Any]):
    """A subtree from the first leaf on is an older tree; an empty one is nothing but its root."""
    start, end = vector["start"], vector["end"]
    root, proof = octets(vector["root1"]), [octets(each) for each in vector["proof"] or []]
    if start == end:
        shown = root == EMPTY_ROOT and not proof
    else:
        shown = start == 0 and grew(end, vector["size"], root, octets(vector["root2"]), proof)
    assert shown is not vector["wantErr"]


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official vectors are not here")
def test_no_official_vector_is_left_out():
    kinds = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")
    read = [each.id for kind in kinds for each in vectors(kind, OFFICIAL)]
    assert len(read) == len(list(OFFICIAL.rglob("*.json")))
    assert len(read) >= 500


def test_a_hash_of_another_length_is_none():
    """An empty root and an empty leaf prove nothing."""
    assert not leads_to((0, 1, b"", []), b"")
    assert len(octets("Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=")) == HASH_BYTES
