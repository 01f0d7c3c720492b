"""Where people are reached: addresses and secrets, encrypted before they are stored."""

import hmac
import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.environment import SettingInvalid
from chassis.eventstore.transaction import Questions, Writing
from services.notify.application.ports import Endpoint
from services.notify.settings import KEY

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

log = structlog.get_logger(__name__)


class Endpoints:
    """The table `endpoint`.

    Args:
        key: 32 bytes; who has them and the table reads all addresses.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        # Addresses are few enough to try them all: nobody can who has not got the key.
        self._naming = hmac.digest(key, b"endpoint_pace", "sha256")

    @classmethod
    def from_text(cls, key: str) -> "Endpoints":
        """Open the table with a key as the environment gives it.

        Raises:
            SettingInvalid: it is not 32 bytes in base64.
        """
        try:
            raw = urlsafe_b64decode(key)
        except ValueError as error:
            raise SettingInvalid(f"{KEY} is not base64") from error
        if len(raw) != KEY_BYTES:
            raise SettingInvalid(f"{KEY} holds {len(raw)} bytes; it takes {KEY_BYTES}")
        return cls(raw)

    def keep(self, transaction: Writing, recipient: str, endpoints: Sequence[Endpoint]) -> None:
        """Store the endpoints of a recipient in the place of those that he had, best first."""
        transaction.write("DELETE FROM endpoint WHERE recipient = ?", (recipient,))
        for place, endpoint in enumerate(endpoints):
            row = {
                "id": f"{recipient}/{place}",
                "recipient": recipient,
                "place": place,
                "kind": endpoint.kind,
                "sealed": self._sealed(recipient, endpoint),
            }
            transaction.insert("endpoint", row)

    def of(
        self, questions: Questions, recipients: Iterable[str]
    ) -> Mapping[str, Sequence[Endpoint]]:
        """Return recipient to endpoints, best first, of those who have any."""
        asked = sorted(set(recipients))
        if not asked:
            return {}
        rows = questions.query(
            "SELECT recipient, kind, sealed FROM endpoint"  # noqa: S608 - placeholders
            f" WHERE recipient IN ({', '.join('?' for _ in asked)}) ORDER BY recipient, place",
            asked,
        )
        found: dict[str, list[Endpoint]] = {}
        for recipient, kind, sealed in rows:
            found.setdefault(recipient, []).append(self._opened(recipient, kind, bytes(sealed)))
        return found

    def _sealed(self, recipient: str, endpoint: Endpoint) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps([endpoint.address, endpoint.secret]).encode()
        return nonce + self._cipher.encrypt(nonce, plain, _place(recipient, endpoint.kind))

    def _opened(self, recipient: str, kind: str, sealed: bytes) -> Endpoint:
        """Return what was kept; without an address where it does not open under this key."""
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, ciphertext, _place(recipient, kind))
        except (InvalidTag, ValueError):
            log.warning("endpoint_unreadable", recipient=recipient, kind=kind)
            return Endpoint(kind, "")
        address, secret = json.loads(plain)
        name = hmac.digest(self._naming, address.encode(), "sha256")
        return Endpoint(kind, address, secret, f"{kind}/{name.hex()[:16]}")


def _place(recipient: str, kind: str) -> bytes:
    """Bind what is encrypted to where it is kept: moved elsewhere, it does not open."""
    return f"{recipient}/{kind}".encode()
