"""A ledger at work: events go in, checkpoints, tiles and bundles come out."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.envelope import CloudEvent
from services.audit.application.ends import HeadsKeeper
from services.audit.application.notary import Notary
from services.audit.application.sight import Reader
from services.audit.domain.notes import verifier_key
from services.audit.gateways.bundles import bundle_of
from services.audit.gateways.signing import Ed25519Signer, signers_from
from services.audit.gateways.tilefiles import TileFiles
from services.audit.readmodels.ends import EndTables
from services.audit.readmodels.trees import TreeTables
from services.audit.verifier import Key, Terms, manifest_of, packed, parts_of, verify
from tests.builders import HOUR, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import AUDITOR, Desk

ORIGIN = "ledger.example/shouwen"
OTHER_KEY = urlsafe_b64encode(b"2" * 32).decode()


def keys_text(*letters: str) -> str:
    return ",".join(urlsafe_b64encode(letter.encode() * 32).decode() for letter in letters)


def attempts(count: int, serial: int = 1, first: int = 1) -> list[CloudEvent]:
    """Reminders that were attempted about one petition, in notify's log."""
    data = {"petition_id": petition_id(serial), "number": number(serial)}
    return [
        cloud_event("notify", at, "reminder.delivered.v1", data)
        for at in range(first, first + count)
    ]


@dataclass
class LedgerDesk:
    """One audit with its ledger."""

    desk: Desk
    folder: Path
    signers: Sequence[Ed25519Signer] = field(
        default_factory=lambda: signers_from(ORIGIN, keys_text("1"))
    )
    trees: TreeTables = field(default_factory=TreeTables)
    record: Callable[[int, bytes], None] | None = None

    @property
    def log(self) -> Any:
        return self.desk.application.log_of_events

    @cached_property
    def notary(self) -> Notary:
        return Notary(self.log, self.trees, self.signers, TileFiles(self.folder), self.desk.clock)

    @property
    def heads(self) -> HeadsKeeper:
        record = self.record or self.desk.application.record_heads
        return HeadsKeeper(
            self.log, self.trees, self.signers, EndTables(), record, 60.0, lambda: 60.0
        )

    @property
    def keys(self) -> list[str]:
        return [verifier_key(signer) for signer in self.signers]

    @property
    def terms(self) -> Terms:
        return Terms([Key.read(key) for key in self.keys])

    def take_in(self, *events: CloudEvent) -> None:
        self.desk.take_in(*events)

    def state_heads(self) -> None:
        """State the ends, and take the fact in as any other."""
        self.sign()
        self.heads.work()
        self.take_in_own()
        self.sign()

    def take_in_own(self) -> None:
        """Let audit follow its own log."""
        self.desk.follow_itself()

    def sign(self) -> None:
        while self.notary.work():
            pass

    def note(self) -> str:
        return self.trees.last_signed(self.log).note

    def bundle(self, serial: int = 1, known_size: int | None = None) -> bytes:
        reader = Reader(AUDITOR, auditing=True)
        self.desk.clock.advance(HOUR)
        evidence = self.desk.application.export(reader, number(serial), known_size)
        return bundle_of(evidence, self.keys)

    def parts(self) -> list[bytes]:
        return self.trees.leaves(self.log, 0, self.trees.size(self.log))

    def verified(self, kept: str = "") -> tuple[int, str]:
        """Verify the files; return the exit status and what was said."""
        return said(str(self.folder), Terms(self.terms.keys, kept))

    def change(self, sql: str, *params: Any) -> None:
        """Do what a superuser of the database can do: the triggers are in nobody's way."""
        with self.log.writing() as transaction:
            for table in ("ledger_leaf", "ledger_subtree", "ledger_checkpoint", "event_log"):
                for change in ("UPDATE", "DELETE"):
                    transaction.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{change}")
            transaction.execute(sql, params)


def said(place: str, terms: Terms) -> tuple[int, str]:
    lines: list[str] = []
    status = verify(place, terms, lines.append)
    return status, "\n".join(lines)


def case(serial: int = 1, position: int = 1, events: int = 5, first: int = 1) -> list[CloudEvent]:
    return [registered(position, serial), *attempts(events, serial, first)]


def repacked(bundle: bytes, **changes: bytes) -> bytes:
    """Change parts of a bundle as a forger would, who writes a new manifest as well."""
    parts = {**parts_of(bundle), **changes}
    parts.pop("manifest")
    return packed({**parts, "manifest": manifest_of(parts)})
