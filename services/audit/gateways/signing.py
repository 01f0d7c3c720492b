"""The keys that checkpoints are signed with: Ed25519, from the environment."""

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.environment import SettingInvalid


class LedgerKeyInvalid(SettingInvalid):
    """A key of the ledger is not 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """One key under a name."""

    name: str
    key: Ed25519PrivateKey

    @classmethod
    def from_text(cls, name: str, text: str) -> Self:
        """Read a key as the environment gives it.

        Raises:
            LedgerKeyInvalid: it is none; the message does not show it.
        """
        try:
            seed = urlsafe_b64decode(text)
            return cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        except ValueError as error:
            raise LedgerKeyInvalid("a key of the ledger is not 32 bytes in base64") from error

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def signers_from(name: str, text: str) -> list[Ed25519Signer]:
    """Return a signer for each of the keys, which commas separate."""
    return [Ed25519Signer.from_text(name, each.strip()) for each in text.split(",")]
