"""Witnesses in the forms of others: C2SP tlog-witness requests, tlog-cosignature signatures.

A witness signs that it has seen a checkpoint, and that it grew out of the one it saw before. Who
asks for its signature cannot be shown another history than everybody else.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

COSIGNED: Final = b"\x04"
_TIME_BYTES: Final = 8


def witness_key(name: str, public: bytes) -> str:
    """Return the public key of a witness as one line."""
    return f"{name}+{witness_key_id(name, public).hex()}+{_base64(COSIGNED + public)}"


def witness_key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a cosignature names its key."""
    return sha256(name.encode() + b"\n" + COSIGNED + public).digest()[:4]


def cosigned_message(at: int, text: str) -> bytes:
    """Return what a witness signs of the text of a checkpoint, at a second of Unix time."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosignature_line(name: str, key_id: bytes, at: int, signature: bytes) -> str:
    """Return the line that a cosignature adds to a note."""
    return f"— {name} {_base64(key_id + at.to_bytes(_TIME_BYTES, 'big') + signature)}\n"


def asked_of_witness(old_size: int, proof: Sequence[bytes], note: str) -> str:
    """Return the body of an `add-checkpoint` request."""
    hashes = "".join(f"{_base64(each)}\n" for each in proof)
    return f"old {old_size}\n{hashes}\n{note}"


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode()
