"""One append of new petitions, prepared under the append lock so that numbers have no gaps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from chassis.eventstore.application import Answer, Unit
from chassis.eventstore.instants import text_of
from chassis.eventstore.requests import RequestIdReused, recall_many, remember
from chassis.eventstore.transaction import Transaction
from chassis.jurisdiction import region_of
from services.intake.application.ports import Command, Raised, Register, Vault
from services.intake.domain.numbering import number_of
from services.intake.domain.petition import Petition, is_sealed
from services.intake.domain.refusals import OriginalUnknown, Refusal

PETITIONS: Final = UUID("b8d9a9ea-3f33-5f5c-8f0e-6d1fb7a3d0c5")
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

Outcome = Answer | Refusal | RequestIdReused


@dataclass(frozen=True, slots=True)
class Original:
    """The petition that one repeats; `ground` says how that was found."""

    petition_id: str
    number: str
    ground: str


@dataclass(frozen=True, slots=True)
class New:
    """A petition that is to be registered, by its place in the batch."""

    index: int
    command: Command
    raised: Raised
    mark: str | None
    original: Original | None

    @property
    def petition_id(self) -> str:
        """Derived from the command, so that a retry registers nothing else."""
        return str(uuid5(PETITIONS, self.command.key.key))


@dataclass
class Registration:
    """Registers a batch; each petition has an outcome of its own.

    Attributes:
        outcomes: place in the batch to the answer, or to why there is none.
    """

    register: Register
    vault: Vault
    batch: Sequence[tuple[Command, Raised]]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    _new: list[New] = field(default_factory=list)

    def prepare(self, unit: Unit, transaction: Transaction, today: date) -> None:
        """Sort the batch, then number and store what is new; may run again from the start."""
        self.outcomes.clear()
        self._new.clear()
        self._sort(transaction)
        serials = self._serials(transaction, today)
        for new in self._new:
            region = region_of(new.raised.office)
            number = number_of(region, today, serials[region])
            serials[region] += 1
            unit.attribute(new.command.provenance)
            unit.add(self._registered(transaction, new, number))

    def answer(self, unit: Unit, transaction: Transaction) -> None:
        """Complete the answers with what was recorded, and keep them."""
        recorded = {str(each.originator_id): each.recorded_at for each in unit.recorded}
        for new in self._new:
            outcome = self.outcomes[new.index]
            if isinstance(outcome, dict):
                at = recorded[new.petition_id]
                outcome["registered_at"] = text_of(at)
                remember(transaction, new.command.key, outcome, at)

    def _sort(self, transaction: Transaction) -> None:
        """Give known commands their answers and bad ones their refusals; keep the new ones."""
        kept = recall_many(transaction, [command.key for command, _ in self.batch])
        first: dict[str, tuple[int, str]] = {}
        for index, (command, raised) in enumerate(self.batch):
            key = command.key
            if key.key in kept:
                self.outcomes[index] = kept[key.key].answer_for(key)
            elif key.key in first:
                self._repeat_in_batch(index, command, *first[key.key])
            else:
                first[key.key] = index, key.fingerprint
                self._sort_new(transaction, index, command, raised)

    def _repeat_in_batch(self, index: int, command: Command, first: int, fingerprint: str) -> None:
        if fingerprint == command.key.fingerprint:
            self.outcomes[index] = self.outcomes[first]
        else:
            self.outcomes[index] = RequestIdReused(command.key.request_id)

    def _sort_new(
        self, transaction: Transaction, index: int, command: Command, raised: Raised
    ) -> None:
        mark = self.vault.matter_mark(raised.content, raised.category)
        try:
            original = self._original_of(transaction, raised, mark)
        except Refusal as refusal:
            self.outcomes[index] = refusal
            return
        self.outcomes[index] = {}
        self._new.append(New(index, command, raised, mark, original))

    def _original_of(
        self, transaction: Transaction, raised: Raised, mark: str | None
    ) -> Original | None:
        """Return the first petition of the matter: as the clerk says, else by person and matter."""
        if raised.repeat_of is not None:
            named = self.register.find(transaction, raised.repeat_of)
            if named is None:
                raise OriginalUnknown(repeat_of="is not on record")
            return Original(named["matter_id"], named["matter_number"], "clerk")
        found = self.register.matter_marked(transaction, mark) if mark else None
        return Original(*found, "same_person_and_matter") if found else None

    def _serials(self, transaction: Transaction, today: date) -> dict[str, int]:
        counts = Counter(region_of(new.raised.office) for new in self._new)
        return {
            region: self.register.next_serials(transaction, region, today, count)
            for region, count in counts.items()
        }

    def _linked(self, transaction: Transaction, new: New, number: str) -> Original | None:
        """Return the original if there is one by now, and keep the mark for the next petition."""
        if new.mark is None:
            return new.original
        # Again: two petitions of one matter in one batch, and the second finds the first.
        known = self.register.matter_marked(transaction, new.mark)
        if known is not None:
            return new.original or Original(*known, "same_person_and_matter")
        # What the clerk linked is marked too: the next time it is found without him.
        first = new.original or Original(new.petition_id, number, "first")
        self.register.mark_matter(transaction, new.mark, first.petition_id, first.number)
        return new.original

    def _registered(self, transaction: Transaction, new: New, number: str) -> Petition:
        original = self._linked(transaction, new, number)
        commitment = self.vault.keep(transaction, new.petition_id, new.raised.content)
        outcome = self.outcomes[new.index]
        if isinstance(outcome, dict):
            outcome["petition_id"] = new.petition_id
            outcome["number"] = number
            outcome["repeat_of"] = original.number if original else None
        return _petition(new, number, original, commitment)


def _petition(new: New, number: str, original: Original | None, commitment: str) -> Petition:
    raised = new.raised
    return Petition._create(  # noqa: SLF001 - the library's way to pass the time in
        Petition.Registered,
        id=UUID(new.petition_id),
        timestamp=raised.occurred_at,
        petition_id=new.petition_id,
        number=number,
        office=raised.office,
        region=region_of(raised.office),
        channel=raised.channel,
        petition_class=raised.petition_class,
        category=raised.category,
        headcount=raised.headcount,
        sealed=is_sealed(raised.petition_class),
        commitment=commitment,
        repeats=original.petition_id if original else None,
        repeats_number=original.number if original else None,
        repeat_ground=original.ground if original else None,
        external_number=raised.external_number,
    )
