"""Witnesses: those of others over HTTP (C2SP tlog-witness), and one that is a folder.

What a witness answers is checked before it is believed.
"""

import fcntl
import json
import os
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.environment import SettingInvalid
from services.audit.application.witnessing import SawOther, WitnessAway, WitnessRefuses
from services.audit.domain.cosigning import (
    COSIGNED,
    asked_of_witness,
    cosignature_line,
    cosigned_message,
    witness_key,
    witness_key_id,
)
from services.audit.domain.notes import Signer, verifier_key
from services.audit.verifier import (
    Checkpoint,
    Key,
    Wrong,
    check_consistency,
    checkpoint_from,
)

TIMEOUT_S: Final = 10.0
ANSWER_MAX: Final = 16_384
_SEEN_OTHER, _GOOD = 409, 200
_AT, _SIGNATURE = slice(4, 12), slice(12, None)


class WitnessInvalid(SettingInvalid):
    """A witness is not named by its public key and its address."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness."""

    name: str
    id: bytes
    public: bytes

    @classmethod
    def read(cls, line: str) -> "WitnessKey":
        """Read `name+hash+base64`.

        Raises:
            WitnessInvalid: it is no such key.
        """
        try:
            name, _id, coded = line.split("+", 2)
            octets = b64decode(coded, validate=True)
            Ed25519PublicKey.from_public_bytes(octets[1:])
        except ValueError as error:
            raise WitnessInvalid(f"{line!r} is no public key of a witness") from error
        key = cls(name, witness_key_id(name, octets[1:]), octets[1:])
        if octets[:1] != COSIGNED or witness_key(name, key.public) != line:
            raise WitnessInvalid(f"{line!r} is no public key that cosigns, or was changed")
        return key

    def signed(self, answer: str, text: str) -> str:
        """Return the line of an answer by which the witness has signed a checkpoint's text.

        Raises:
            WitnessRefuses: there is none, or it is not good.
        """
        for line in answer.splitlines():
            dash, _, rest = line.partition(" ")
            name, _, coded = rest.partition(" ")
            if (dash, name) == ("—", self.name):
                self._check(coded, text)
                return f"{line}\n"
        raise WitnessRefuses("its answer has no signature of its own")

    def _check(self, coded: str, text: str) -> None:
        try:
            octets = b64decode(coded, validate=True)
            message = cosigned_message(int.from_bytes(octets[_AT], "big"), text)
            Ed25519PublicKey.from_public_bytes(self.public).verify(octets[_SIGNATURE], message)
        except (ValueError, InvalidSignature) as error:
            raise WitnessRefuses("its signature is not good") from error
        if octets[:4] != self.id:
            raise WitnessRefuses("its signature names another key")


@dataclass(frozen=True)
class HttpWitness:
    """A witness of others, at its address."""

    key: WitnessKey
    url: str
    client: httpx.Client

    @property
    def name(self) -> str:
        return self.key.name

    def cosign(self, old_size: int, proof: Sequence[bytes], note: str) -> str:
        """Return its signature line under a checkpoint, checked.

        Raises:
            SawOther, WitnessRefuses, WitnessAway.
        """
        body = asked_of_witness(old_size, proof, note)
        try:
            answer = self.client.post(f"{self.url.rstrip('/')}/add-checkpoint", content=body)
        except httpx.HTTPError as error:
            raise WitnessAway(type(error).__name__) from error
        told = answer.text[:ANSWER_MAX]
        if answer.status_code == _SEEN_OTHER and told.strip().isdecimal():
            raise SawOther(int(told))
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise WitnessAway(f"HTTP {answer.status_code}")
        if answer.status_code != _GOOD:
            raise WitnessRefuses(f"HTTP {answer.status_code}")
        return self.key.signed(told, _text_of(note))


@dataclass(frozen=True)
class FileWitness:
    """A folder that keeps what it has seen: for one machine alone, where there is no other witness.

    Put it where whoever owns database and ledger does not write, and it is worth something.

    Args:
        signers: of the ledger, whose checkpoints it signs.
        clock: seconds of Unix time.
    """

    name: str
    folder: Path
    signers: Sequence[Signer]
    clock: Callable[[], float] = time.time

    def cosign(self, old_size: int, proof: Sequence[bytes], note: str) -> str:
        """Return its signature line under a checkpoint that grew out of the one it saw last.

        Raises:
            SawOther, WitnessRefuses.
            WitnessAway: its folder cannot be read or written, or another process asks just now.
        """
        try:
            with self._alone():
                return self._cosigned(old_size, proof, note)
        except (OSError, ValueError, KeyError) as error:
            raise WitnessAway(type(error).__name__) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others out: between what was seen and what is, nobody is shown another history."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield

    def _cosigned(self, old_size: int, proof: Sequence[bytes], note: str) -> str:
        keys = [Key.read(verifier_key(signer)) for signer in self.signers]
        seen = self._seen()
        try:
            newest = checkpoint_from(note, keys, "the checkpoint")
            self._check(seen, newest, old_size, proof)
        except Wrong as wrong:
            raise WitnessRefuses(str(wrong)) from wrong
        self._write("seen", json.dumps({"note": note, "size": newest.size}).encode())
        return self._line(note)

    def _check(self, seen: str, newest: Checkpoint, old_size: int, proof: Sequence[bytes]) -> None:
        """Compare with what it saw last, which it checked then: its key may be gone since."""
        origin, size, root = seen.split("\n")[:3] if seen else ("", "0", "")
        if int(size) != old_size:
            raise SawOther(int(size))
        if seen and origin != newest.origin:
            raise Wrong(f"what it saw last is of another ledger, {origin}")
        if seen:
            check_consistency(old_size, newest.size, b64decode(root), newest.root, proof)

    def _line(self, note: str) -> str:
        key, at = self._key(), int(self.clock())
        public = key.public_key().public_bytes_raw()
        signature = key.sign(cosigned_message(at, _text_of(note)))
        return cosignature_line(self.name, witness_key_id(self.name, public), at, signature)

    def _key(self) -> Ed25519PrivateKey:
        """Return its key, made with its folder; its public half lies beside it for everybody."""
        path, beside = self.folder / "key", self.folder / "key.public"
        if not path.exists():
            self._write("key", Ed25519PrivateKey.generate().private_bytes_raw())
        key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        if not beside.exists():
            public = witness_key(self.name, key.public_key().public_bytes_raw())
            self._write(beside.name, f"{public}\n".encode(), 0o644)
        return key

    def _seen(self) -> str:
        path = self.folder / "seen"
        return str(json.loads(path.read_text())["note"]) if path.exists() else ""

    def _write(self, name: str, content: bytes, mode: int = 0o600) -> None:
        draft = self.folder / f".{name}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / name)
        # What was signed must not be forgotten with the power.
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def witnesses_from(text: str) -> list[HttpWitness]:
    """Return the witnesses of a setting: `KEY ADDRESS`, with commas between.

    Raises:
        WitnessInvalid: one is not of this form.
    """
    found = []
    for each in filter(None, map(str.strip, text.split(","))):
        key, _, url = each.partition(" ")
        if not _is_web_address(url.strip()):
            raise WitnessInvalid(f"{each!r} is no key and web address of a witness")
        client = httpx.Client(timeout=TIMEOUT_S)
        found.append(HttpWitness(WitnessKey.read(key), url.strip(), client))
    return found


def _is_web_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in {"http", "https"} and bool(parsed.host)


def _text_of(note: str) -> str:
    return note.partition("\n\n")[0] + "\n"
