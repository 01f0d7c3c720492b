"""Checks the inclusion proofs of an unpacked bundle with sigstore-python, and nothing of ours."""

import sys
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace

from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore.errors import VerificationError

folder = Path(sys.argv[1])
_origin, size, root = (folder / "checkpoint").read_text().split("\n")[:3]
leaves = (folder / "leaves.jsonl").read_bytes().splitlines()
proofs = sorted((folder / "proofs").iterdir(), key=lambda path: int(path.name.partition(".")[0]))
for path, leaf in zip(proofs, leaves, strict=True):
    head = path.read_text().partition("\n\n")[0].split("\n")
    proof = SimpleNamespace(
        log_index=int(head[1].removeprefix("index ")),
        tree_size=int(size),
        root_hash=b64decode(root),
        hashes=[b64decode(line) for line in head[2:]],
    )
    try:
        verify_merkle_inclusion(
            SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=leaf))
        )
    except VerificationError as error:
        sys.exit(f"inclusion of {path.name}: {error}")
print(f"{len(leaves)} leaves of {size}")  # noqa: T201 - what this program says
