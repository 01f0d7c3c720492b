"""Checkpoints and receipts as text: C2SP signed-note, tlog-checkpoint and tlog-proof."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

ED25519: Final = b"\x01"
PROOF_HEAD: Final = "c2sp.org/tlog-proof@v1"


class Signer(Protocol):
    """Signs with an Ed25519 key under a name."""

    @property
    def name(self) -> str:
        """Name of the key, without spaces and plus signs."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def key_id(signer: Signer) -> bytes:
    """Return the four bytes by which a signature line names its key."""
    return sha256(signer.name.encode() + b"\n" + ED25519 + signer.public).digest()[:4]


def verifier_key(signer: Signer) -> str:
    """Return the public key as one line, which every reader of signed notes takes."""
    return f"{signer.name}+{key_id(signer).hex()}+{_base64(ED25519 + signer.public)}"


def signed(text: str, signers: Sequence[Signer]) -> str:
    """Return a text as a signed note, with a line for each signer."""
    lines = [
        f"— {signer.name} {_base64(key_id(signer) + signer.sign(text.encode()))}\n"
        for signer in signers
    ]
    return f"{text}\n{''.join(lines)}"


def is_signed_by_all(note: str, signers: Sequence[Signer]) -> bool:
    """Tell whether a note has the signature of each signer; that of Ed25519 is always the same."""
    text, _, lines = note.partition("\n\n")
    _, _, expected = signed(f"{text}\n", signers).partition("\n\n")
    return set(expected.splitlines()) <= set(lines.splitlines())


def proof_text(index: int, path: Sequence[bytes], checkpoint_note: str) -> str:
    """Return a receipt for one leaf that stands for itself."""
    hashes = "".join(f"{_base64(each)}\n" for each in path)
    return f"{PROOF_HEAD}\nindex {index}\n{hashes}\n{checkpoint_note}"


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode()
