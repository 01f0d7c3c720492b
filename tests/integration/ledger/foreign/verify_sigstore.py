"""Checks the checkpoint and the inclusion proofs of an unpacked bundle with sigstore-python.

Nothing of ours takes part in it.
"""

import sys
from base64 import b64decode, b64encode
from pathlib import Path
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint
from sigstore._internal.trust import Key
from sigstore.errors import VerificationError
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails

# An Ed25519 public key in DER, up to its 32 bytes (RFC 8410).
DER_HEAD = bytes.fromhex("302a300506032b6570032100")

folder, key = Path(sys.argv[1]), sys.argv[2]
_name, key_id, coded = key.split("+", 2)
der = b64encode(DER_HEAD + b64decode(coded)[1:])
ledger = Key(PublicKey(raw_bytes=der, key_details=PublicKeyDetails.PKIX_ED25519))
ring = SimpleNamespace(verify=lambda key_id, signature, data: ledger.verify(signature, data))
signed = SignedCheckpoint.from_text((folder / "checkpoint").read_text())
try:
    signed.signed_note.verify(ring, bytes.fromhex(key_id))
except (VerificationError, InvalidSignature) as error:
    sys.exit(f"signature {type(error).__name__} {error}")
size, root = signed.checkpoint.log_size, bytes.fromhex(signed.checkpoint.log_hash)
leaves = (folder / "leaves.jsonl").read_bytes().splitlines()
proofs = sorted((folder / "proofs").iterdir(), key=lambda path: int(path.name.partition(".")[0]))
for path, leaf in zip(proofs, leaves, strict=True):
    head = path.read_text().partition("\n\n")[0].split("\n")
    proof = SimpleNamespace(
        log_index=int(head[1].removeprefix("index ")),
        tree_size=size,
        root_hash=root,
        hashes=[b64decode(line) for line in head[2:]],
    )
    try:
        verify_merkle_inclusion(
            SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=leaf))
        )
    except VerificationError as error:
        sys.exit(f"inclusion of {path.name}: {error}")
print(f"{len(leaves)} leaves of {size}")  # noqa: T201 - what this program says
