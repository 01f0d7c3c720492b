"""The vault: text and persons, encrypted with one key per petitioner before they are stored.

Keys stand in a table of their own, wrapped by a key that only the environment knows. Destroying a
petitioner's key erases what he gave us and leaves every event, commitment and proof as it was.

A person is known by his id number, else by name and phone. Who gives both is marked by both: once
he comes in person, and once he rings.
"""

import hmac
import json
import os
from base64 import b32encode, urlsafe_b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from services.intake.application.ports import Earlier, PersonMarks
from services.intake.domain.refusals import ContentErased, VersionUnknown
from services.intake.domain.repeats import KnownBy
from services.intake.gateways.content import PRINCIPAL, SALT, TEXT, Content, Person, commitment
from services.intake.gateways.letters import letters_of
from services.intake.gateways.shelf import FIRST_VERSION, Shelf

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 32
QUERY_CODE_CHARS: Final = 10


@dataclass
class Keyring:
    """The people of a batch who are known to us.

    Attributes:
        own: the mark under which a person's key is kept, to his id and key.
        by_phone: mark of name and phone, to the ids of those who gave an id number beside it.
    """

    own: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    by_phone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class VaultKeyInvalid(SettingInvalid):
    """The vault's key is not 32 bytes in base64."""


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

    def matter_marks(self, content: Content, category: str, *, sealed: bool) -> dict[str, KnownBy]:
        """Return keyed marks of each person with the matter, the principal's first.

        Petitions that have one in common are of the same person and the same matter: who signs
        with others, speaks for them or acts for them counts as the principal. None for a person
        that cannot be told from others of the name. What is sealed has marks of its own: its number
        must not stand in a matter that is open to many.
        """
        title = letters_of(content.text["title"])
        matter = ("sealed", category, title) if sealed else (category, title)
        return {
            self._mark(person.own, *matter): "id_number" if person.id_number else "phone"
            for person in self.person_marks(content)
        }

    def pair_mark(self, person_mark: str, petition_id: str, original_id: str) -> str:
        """Return a keyed mark of a person in two petitions: it ties no third one to them."""
        return self._mark("pair", person_mark, petition_id, original_id)

    def person_marks(self, content: Content) -> Sequence[PersonMarks]:
        """Return the marks of the persons who can be told from others of the name."""
        marks = (self._marks_of(person) for _, _, person in content.everybody())
        return [each for each in dict.fromkeys(marks) if each.own]

    def earlier(
        self,
        transaction: Questions,
        keyring: Keyring,
        people: Iterable[PersonMarks],
        newest: int,
    ) -> Sequence[Earlier]:
        """Return the texts of some persons' newest petitions, in one question for all of them.

        People and text are those of a petition's newest version: who was struck by a correction is
        no petitioner of it any more. Who is new to us costs no question; what was erased is not
        among them.
        """
        known = self._known(keyring, people)
        if not known:
            return []
        rows = transaction.query(_newest_of(len(known)), (*known, *known, newest))
        found = []
        for petitioner_id, petition_id, version, ciphertext, wrapped in rows:
            place = Shelf(petition_id, version).place(TEXT, 0)
            text = Content(self._decrypt(bytes(wrapped), bytes(ciphertext), place), {})
            found += [
                Earlier(mark, with_id, petition_id, text)
                for mark, with_id in sorted(known[petitioner_id])
            ]
        return found

    @staticmethod
    def _known(keyring: Keyring, people: Iterable[PersonMarks]) -> dict[str, set[tuple[str, bool]]]:
        """Return petitioner_id to the marks that lead to him, and whether he gave an id number.

        From an id number to him who has it, and to him who gave name and phone only; from name and
        phone to both.
        """
        known: dict[str, set[tuple[str, bool]]] = defaultdict(set)
        for marks in people:
            for mark in filter(None, (marks.id_number, marks.phone)):
                if mark in keyring.own:
                    known[keyring.own[mark][0]].add((mark, mark == marks.id_number))
            if not marks.id_number:
                for petitioner_id in keyring.by_phone.get(marks.phone, ()):
                    known[petitioner_id].add((marks.phone, True))
        return known

    def keyring(self, transaction: Questions, contents: Mapping[str, Content]) -> Keyring:
        """Find the keys of all persons in contents, by petition_id, in one question."""
        marks, phones = set(), set()
        for petition_id, content in contents.items():
            for role, ordinal, person in content.everybody():
                known = self._marks_of(person)
                marks.add(self._mark_in(petition_id, role, ordinal, person))
                phones.add(known.phone)
        phones.discard("")
        rows = transaction.query(*_keys_of(sorted(marks | phones), sorted(phones)))
        keyring = Keyring()
        for mark, petitioner_id, wrapped, beside_id in rows:
            if beside_id:
                keyring.by_phone[mark].add(petitioner_id)
            else:
                keyring.own[mark] = petitioner_id, aes_key_unwrap(self._wrapping, bytes(wrapped))
        return keyring

    def mark_phones(self, transaction: Writing, people: int) -> int:
        """Keep the marks of name and phone of people who were known before these were kept.

        Args:
            people: at most so many at once.

        Returns:
            how many there were.
        """
        keys = transaction.query(
            "SELECT petitioner_id, wrapped_key FROM petitioner_key WHERE phone_kept = 0"
            " ORDER BY petitioner_id LIMIT ?",
            (people,),
        )
        wrapped_of = {petitioner_id: bytes(wrapped) for petitioner_id, wrapped in keys}
        for shelf, role, ordinal, petitioner_id, ciphertext in _kept_of(transaction, wrapped_of):
            place = shelf.place(role, ordinal)
            person = self._decrypt(wrapped_of[petitioner_id], ciphertext, place)
            self._keep_phone(transaction, petitioner_id, self._marks_of(person))
        for petitioner_id in wrapped_of:
            transaction.write(
                "UPDATE petitioner_key SET phone_kept = 1 WHERE petitioner_id = ?", (petitioner_id,)
            )
        return len(keys)

    @staticmethod
    def _keep_phone(transaction: Writing, petitioner_id: str, marks: PersonMarks) -> None:
        if marks.id_number and marks.phone:
            transaction.write(
                "INSERT INTO petitioner_phone (mark, petitioner_id) VALUES (?, ?)"
                " ON CONFLICT (mark, petitioner_id) DO NOTHING",
                (marks.phone, petitioner_id),
            )

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
            marks = self._marks_of(person)
            if petitioner[0] not in keyring.by_phone.get(marks.phone, ()):
                self._keep_phone(transaction, petitioner[0], marks)
        mark = self._mark_in(shelf.petition_id, PRINCIPAL, 0, content.principal)
        text = {**content.text, SALT: salt.hex()}
        self._store(transaction, shelf, TEXT, 0, keyring.own[mark], text)

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
        if mark not in keyring.own:
            key = os.urandom(KEY_BYTES)
            keyring.own[mark] = str(uuid4()), key
            transaction.insert(
                "petitioner_key",
                {
                    "petitioner_id": keyring.own[mark][0],
                    "person_mark": mark,
                    "wrapped_key": aes_key_wrap(self._wrapping, key),
                    "phone_kept": 1,
                },
            )
        return keyring.own[mark]

    def _mark_in(self, petition_id: str, role: str, ordinal: int, person: Person) -> str:
        """Return the mark of a person; who cannot be told from others is new in each petition."""
        return self._marks_of(person).own or self._mark(petition_id, f"{role}/{ordinal}")

    def _marks_of(self, person: Person) -> PersonMarks:
        """Return keyed marks of a person, by id number and by name and phone."""
        id_number, phone = (letters_of(person.get(name, "")) for name in ("id_number", "phone"))
        return PersonMarks(
            self._mark("id", id_number) if id_number else "",
            self._mark("phone", letters_of(person["name"]), phone) if phone else "",
        )

    def _mark(self, *parts: str) -> str:
        return hmac.digest(self._identifying, "\x1f".join(parts).encode(), sha256).hex()


def _keys_of(marks: Sequence[str], phones: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the question for the keys of people, and who has a phone beside his id number."""
    own = (
        "SELECT person_mark, petitioner_id, wrapped_key, 0 FROM petitioner_key"  # noqa: S608 - placeholders
        f" WHERE person_mark IN ({', '.join('?' for _ in marks)})"
    )
    if not phones:
        return own, marks
    beside_id = (
        "SELECT p.mark, p.petitioner_id, k.wrapped_key, 1 FROM petitioner_phone p"  # noqa: S608 - placeholders
        " JOIN petitioner_key k ON k.petitioner_id = p.petitioner_id"
        f" WHERE p.mark IN ({', '.join('?' for _ in phones)})"
    )
    return f"{own} UNION ALL {beside_id}", [*marks, *phones]


def _newest_of(people: int) -> str:
    """Return the question for the newest petitions of people, each as its newest version says."""
    places = ", ".join("?" for _ in range(people))
    return (
        "SELECT n.petitioner_id, n.petition_id, n.version, COALESCE(w.ciphertext, t.ciphertext),"  # noqa: S608 - placeholders
        " k.wrapped_key FROM (SELECT p.petitioner_id, p.petition_id, p.version, f.kept_at,"
        " ROW_NUMBER() OVER (PARTITION BY p.petitioner_id"
        " ORDER BY f.kept_at DESC, p.petition_id) AS place FROM ("
        "SELECT petitioner_id, petition_id, 1 AS version FROM vault"
        f" WHERE petitioner_id IN ({places}) AND role <> 'text'"
        " UNION SELECT petitioner_id, petition_id, version FROM vault_version"
        f" WHERE petitioner_id IN ({places}) AND role <> 'text') p"
        " JOIN vault f ON f.petition_id = p.petition_id AND f.role = 'text' AND f.ordinal = 0"
        " WHERE NOT EXISTS (SELECT 1 FROM vault_version x"
        " WHERE x.petition_id = p.petition_id AND x.version > p.version)) n"
        " LEFT JOIN vault t ON t.petition_id = n.petition_id AND n.version = 1"
        " AND t.role = 'text' AND t.ordinal = 0"
        " LEFT JOIN vault_version w ON w.petition_id = n.petition_id AND w.version = n.version"
        " AND w.role = 'text' AND w.ordinal = 0"
        " JOIN petitioner_key k ON k.petitioner_id = COALESCE(w.petitioner_id, t.petitioner_id)"
        " WHERE n.place <= ? ORDER BY n.kept_at DESC"
    )


def _kept_of(
    questions: Questions, people: Iterable[str]
) -> Iterator[tuple[Shelf, str, int, str, bytes]]:
    """Yield where each person is kept: shelf, role, place in it, petitioner_id, ciphertext."""
    wanted = list(people)
    if not wanted:
        return
    places = ", ".join("?" for _ in wanted)
    rows = questions.query(
        "SELECT petition_id, 1, role, ordinal, petitioner_id, ciphertext FROM vault"  # noqa: S608 - placeholders
        f" WHERE petitioner_id IN ({places}) AND role <> 'text'"
        " UNION ALL SELECT petition_id, version, role, ordinal, petitioner_id, ciphertext"
        f" FROM vault_version WHERE petitioner_id IN ({places}) AND role <> 'text'",
        [*wanted, *wanted],
    )
    for petition_id, version, role, ordinal, petitioner_id, ciphertext in rows:
        yield Shelf(petition_id, version), role, ordinal, petitioner_id, bytes(ciphertext)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"shouwen vault " + purpose).derive(key)
