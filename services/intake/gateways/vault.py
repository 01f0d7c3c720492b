"""The vault: text and persons, encrypted with one key per petitioner before they are stored.

Keys stand in a table of their own, wrapped by a key that only the environment knows. Destroying a
petitioner's key erases what he gave us and leaves every event, commitment and proof as it was.
"""

import hmac
import json
import os
from base64 import b32encode, urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from chassis.environment import SettingInvalid
from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Questions, Writing
from services.intake.application.ports import Earlier
from services.intake.domain.refusals import ContentErased, VersionUnknown
from services.intake.gateways.letters import letters_of

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 32
QUERY_CODE_CHARS: Final = 10
TEXT: Final = "text"
PRINCIPAL: Final = "petitioner"
SALT: Final = "salt"
FIRST_VERSION: Final = 1

Person = Mapping[str, str]
# A person's mark to the petitioner's id and key.
Keyring = dict[str, tuple[str, bytes]]


class VaultKeyInvalid(SettingInvalid):
    """The vault's key is not 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where one version of a content stands; the first, which most have alone, by itself.

    Attributes:
        kept_at: since when the first one is kept.
    """

    petition_id: str
    version: int = FIRST_VERSION
    kept_at: str = ""

    @property
    def table(self) -> str:
        return "vault" if self.version == FIRST_VERSION else "vault_version"

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that say so, with their values."""
        first = {"petition_id": self.petition_id}
        return first if self.version == FIRST_VERSION else {**first, "version": self.version}

    @property
    def since(self) -> dict[str, str]:
        """Since when the content is kept, where the table says so."""
        return {"kept_at": self.kept_at} if self.version == FIRST_VERSION else {}

    def place(self, role: str, ordinal: int) -> bytes:
        """Bind a ciphertext to where it stands, so that it cannot be moved."""
        return "/".join(map(str, [*self.columns.values(), role, ordinal])).encode()


@dataclass(frozen=True, slots=True)
class Content:
    """What a petitioner gave us.

    Attributes:
        text: title, body, place and accused.
        persons: role to people; the first `petitioner` is the principal.
    """

    text: Mapping[str, Any]
    persons: Mapping[str, Sequence[Person]]

    @property
    def principal(self) -> Person:
        """The petitioner whose key protects the text."""
        return self.persons[PRINCIPAL][0]

    def everybody(self) -> Iterator[tuple[str, int, Person]]:
        """Yield role, place in it, and person."""
        for role, people in self.persons.items():
            for ordinal, person in enumerate(people):
                yield role, ordinal, person

    def changed(
        self, text: Mapping[str, Any], persons: Mapping[str, Sequence[Person]]
    ) -> "Content":
        """Return it with other texts and people where they are given; nobody leaves no role."""
        people = {**self.persons, **persons}
        return replace(
            self,
            # Each version has a salt of its own.
            text={n: value for n, value in {**self.text, **text}.items() if n != SALT},
            persons={role: those for role, those in people.items() if those},
        )


class Vault:
    """Encrypts, keeps and opens content."""

    def __init__(self, key: bytes) -> None:
        self._wrapping = _derived(key, b"wrap")
        self._identifying = _derived(key, b"identify")
        self._querying = _derived(key, b"query code")

    @classmethod
    def from_text(cls, key: str) -> "Vault":
        """Open the vault with a key as the environment gives it.

        Raises:
            VaultKeyInvalid: it is not 32 bytes in base64.
        """
        try:
            raw = urlsafe_b64decode(key)
        except ValueError as error:
            raise VaultKeyInvalid("SHOUWEN_VAULT_KEY is not base64") from error
        if len(raw) != KEY_BYTES:
            raise VaultKeyInvalid(f"SHOUWEN_VAULT_KEY holds {len(raw)} bytes; it takes 32")
        return cls(raw)

    def query_code(self, number: str) -> str:
        """Return the code with which the petitioner asks after his petition."""
        digest = hmac.digest(self._querying, number.encode(), sha256)
        return b32encode(digest).decode()[:QUERY_CODE_CHARS]

    def is_query_code(self, number: str, code: str) -> bool:
        """Tell whether a code belongs to a number, in a time that tells nothing else."""
        expected = self.query_code(number).encode()
        return hmac.compare_digest(expected, code.strip().upper().encode())

    def matter_marks(self, content: Content, category: str, *, sealed: bool) -> Sequence[str]:
        """Return keyed marks of each person with the matter, the principal's first.

        Petitions that have one in common are of the same person and the same matter: who signs
        with others, speaks for them or acts for them counts as the principal. None for a person
        that cannot be told from others of the name. What is sealed has marks of its own: its number
        must not stand in a matter that is open to many.
        """
        persons = (self._person_mark(person) for _, _, person in content.everybody())
        title = letters_of(content.text["title"])
        matter = ("sealed", category, title) if sealed else (category, title)
        return [self._mark(person, *matter) for person in dict.fromkeys(persons) if person]

    def pair_mark(self, person_mark: str, petition_id: str, original_id: str) -> str:
        """Return a keyed mark of a person in two petitions: it ties no third one to them."""
        return self._mark("pair", person_mark, petition_id, original_id)

    def person_marks(self, content: Content) -> Sequence[str]:
        """Return keyed marks of the persons who can be told from others of the name."""
        marks = (self._person_mark(person) for _, _, person in content.everybody())
        return [mark for mark in dict.fromkeys(marks) if mark]

    def earlier(
        self, transaction: Questions, keyring: Keyring, marks: Sequence[str], newest: int
    ) -> Sequence[Earlier]:
        """Return the texts of some persons' newest petitions, in one question for all of them.

        Who is new to us costs no question; what was erased is not among them.
        """
        known = {keyring[mark][0]: mark for mark in marks if mark in keyring}
        if not known:
            return []
        places = ", ".join("?" for _ in known)
        rows = transaction.query(
            "SELECT DISTINCT v.petitioner_id, v.petition_id, v.kept_at, t.ciphertext, k.wrapped_key"  # noqa: S608 - placeholders
            " FROM vault v JOIN vault t ON t.petition_id = v.petition_id AND t.role = 'text'"
            " JOIN petitioner_key k ON k.petitioner_id = t.petitioner_id"
            f" WHERE v.petitioner_id IN ({places}) AND v.role <> 'text' AND v.kept_at >= COALESCE("
            "(SELECT x.kept_at FROM vault x WHERE x.petitioner_id = v.petitioner_id"
            " AND x.role <> 'text' ORDER BY x.kept_at DESC LIMIT 1 OFFSET ?), '')"
            " ORDER BY v.kept_at DESC",
            (*known, newest - 1),
        )
        taken: Counter[str] = Counter()
        found = []
        for petitioner_id, petition_id, _, ciphertext, wrapped in rows:
            taken[petitioner_id] += 1
            if taken[petitioner_id] <= newest:
                place = Shelf(petition_id).place(TEXT, 0)
                text = self._decrypt(bytes(wrapped), bytes(ciphertext), place)
                found.append(Earlier(known[petitioner_id], petition_id, Content(text, {})))
        return found

    def keyring(self, transaction: Questions, contents: Mapping[str, Content]) -> Keyring:
        """Find the keys of all persons in contents, by petition_id, in one question."""
        marks = sorted(
            {
                self._mark_in(petition_id, role, ordinal, person)
                for petition_id, content in contents.items()
                for role, ordinal, person in content.everybody()
            }
        )
        rows = transaction.query(
            "SELECT person_mark, petitioner_id, wrapped_key FROM petitioner_key"  # noqa: S608 - placeholders
            f" WHERE person_mark IN ({', '.join('?' for _ in marks)})",
            marks,
        )
        return {
            mark: (petitioner_id, aes_key_unwrap(self._wrapping, bytes(wrapped)))
            for mark, petitioner_id, wrapped in rows
        }

    def keep(
        self,
        transaction: Writing,
        keyring: Keyring,
        petition_id: str,
        content: Content,
        kept_at: datetime,
    ) -> str:
        """Encrypt and store content; return the commitment to it.

        Args:
            keyring: takes up the keys of persons who are new to us.
        """
        salt, committed = self.committed(content)
        shelf = Shelf(petition_id, kept_at=text_of(kept_at))
        self._keep(transaction, keyring, shelf, content, salt)
        return committed

    @staticmethod
    def committed(content: Content) -> tuple[bytes, str]:
        """Return a new salt, and the commitment to content with it."""
        salt = os.urandom(SALT_BYTES)
        return salt, commitment(salt, content)

    def keep_version(
        self, transaction: Writing, petition_id: str, version: int, content: Content, salt: bytes
    ) -> None:
        """Encrypt and store another version of a petition's content; what it was before stays."""
        keyring = self.keyring(transaction, {petition_id: content})
        self._keep(transaction, keyring, Shelf(petition_id, version), content, salt)

    def _keep(
        self, transaction: Writing, keyring: Keyring, shelf: Shelf, content: Content, salt: bytes
    ) -> None:
        for role, ordinal, person in content.everybody():
            mark = self._mark_in(shelf.petition_id, role, ordinal, person)
            petitioner = self._petitioner(transaction, keyring, mark)
            self._store(transaction, shelf, role, ordinal, petitioner, person)
        mark = self._mark_in(shelf.petition_id, PRINCIPAL, 0, content.principal)
        text = {**content.text, SALT: salt.hex()}
        self._store(transaction, shelf, TEXT, 0, keyring[mark], text)

    def open(
        self, transaction: Questions, petition_id: str, version: int = FIRST_VERSION
    ) -> Content:
        """Return a version of the content of a petition.

        Raises:
            ContentErased: a petitioner's key was destroyed.
            VersionUnknown: it has no such version.
        """
        text: Mapping[str, Any] = {}
        persons: dict[str, list[Person]] = {}
        shelf = Shelf(petition_id, version)
        rows = transaction.query(
            "SELECT v.role, v.ordinal, v.ciphertext, k.wrapped_key"  # noqa: S608 - our own tables
            f" FROM {shelf.table} v"
            " LEFT JOIN petitioner_key k ON k.petitioner_id = v.petitioner_id"
            f" WHERE {' AND '.join(f'v.{column} = ?' for column in shelf.columns)}"
            " ORDER BY v.role, v.ordinal",
            list(shelf.columns.values()),
        )
        if not rows:
            raise VersionUnknown(content_version="there is no such version of the content")
        for role, ordinal, ciphertext, wrapped in rows:
            if wrapped is None:
                raise ContentErased(**{role: "the key was destroyed"})
            place = shelf.place(role, ordinal)
            opened = self._decrypt(bytes(wrapped), bytes(ciphertext), place)
            if role == TEXT:
                text = opened
            else:
                persons.setdefault(role, []).append(opened)
        return Content(text, persons)

    def _store(  # noqa: PLR0913, PLR0917 - the columns of one row
        self,
        transaction: Writing,
        shelf: Shelf,
        role: str,
        ordinal: int,
        petitioner: tuple[str, bytes],
        plain: Mapping[str, Any],
    ) -> None:
        petitioner_id, key = petitioner
        nonce = os.urandom(NONCE_BYTES)
        place = shelf.place(role, ordinal)
        sealed = AESGCM(key).encrypt(nonce, json.dumps(plain).encode(), place)
        transaction.insert(
            shelf.table,
            {
                **shelf.columns,
                **shelf.since,
                "role": role,
                "ordinal": ordinal,
                "petitioner_id": petitioner_id,
                "ciphertext": nonce + sealed,
            },
        )

    def _decrypt(self, wrapped: bytes, ciphertext: bytes, place: bytes) -> dict[str, Any]:
        key = aes_key_unwrap(self._wrapping, wrapped)
        nonce, sealed = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:]
        opened: dict[str, Any] = json.loads(AESGCM(key).decrypt(nonce, sealed, place))
        return opened

    def _petitioner(self, transaction: Writing, keyring: Keyring, mark: str) -> tuple[str, bytes]:
        """Return a person's id and key, made now for one who is new to us.

        The id is never made again: who comes back after his key was destroyed is somebody new, and
        what was erased does not meet his new key.
        """
        if mark not in keyring:
            key = os.urandom(KEY_BYTES)
            keyring[mark] = str(uuid4()), key
            transaction.insert(
                "petitioner_key",
                {
                    "petitioner_id": keyring[mark][0],
                    "person_mark": mark,
                    "wrapped_key": aes_key_wrap(self._wrapping, key),
                },
            )
        return keyring[mark]

    def _mark_in(self, petition_id: str, role: str, ordinal: int, person: Person) -> str:
        """Return the mark of a person; who cannot be told from others is new in each petition."""
        return self._person_mark(person) or self._mark(petition_id, f"{role}/{ordinal}")

    def _person_mark(self, person: Person) -> str | None:
        """Return a keyed mark of a person by id number, else by name and phone."""
        if id_number := letters_of(person.get("id_number", "")):
            return self._mark("id", id_number)
        if phone := letters_of(person.get("phone", "")):
            return self._mark("phone", letters_of(person["name"]), phone)
        return None

    def _mark(self, *parts: str) -> str:
        return hmac.digest(self._identifying, "\x1f".join(parts).encode(), sha256).hex()


def commitment(salt: bytes, content: Content) -> str:
    """Return SHA-256 in hex over the salt and the content as canonical JSON."""
    plain = {
        "text": dict(content.text),
        "persons": {
            role: [dict(person) for person in people] for role, people in content.persons.items()
        },
    }
    canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(salt + canonical.encode()).hexdigest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"shouwen vault " + purpose).derive(key)
