"""The verifier on published vectors: our own small ones always, the official ones where they lie.

The official ones are those of github.com/transparency-dev/merkle; MERKLE_VECTORS names their
folder, else they are looked for beside the repository.
"""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from services.audit.verifier import (
    HASH_BYTES,
    Wrong,
    check_consistency,
    root_from_inclusion,
)

ROOT = Path(__file__).parents[3]
OFFICIAL = Path(os.environ.get("MERKLE_VECTORS", ROOT.parent / "shared" / "vectors")) / "testdata"
OWN = Path(__file__).parent / "vectors"


def vectors(kind: str) -> list[Any]:
    return [
        pytest.param(json.loads(path.read_text()), id=f"{path.parent.name}/{path.stem}")
        for folder in (OWN, OFFICIAL)
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


def test_a_hash_of_another_length_is_none():
    """An empty root and an empty leaf prove nothing."""
    assert not leads_to((0, 1, b"", []), b"")
    assert len(octets("Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=")) == HASH_BYTES
