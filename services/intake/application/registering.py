"""One append of new petitions, prepared under the append lock so that numbers have no gaps."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from chassis.eventstore.application import Answer, Unit
from chassis.eventstore.commands import Command
from chassis.eventstore.instants import text_of
from chassis.eventstore.requests import RequestIdReused, recall_many, remember
from chassis.eventstore.transaction import Questions, Writing
from chassis.jurisdiction import Actor, region_of
from services.intake.application.matching import Candidates, Found, likeliest
from services.intake.application.ports import Comparing, MarkedMatter, Raised, Register, Vault
from services.intake.domain.numbering import number_of
from services.intake.domain.petition import Petition, is_sealed
from services.intake.domain.refusals import OriginalUnknown, Refusal, Sealed
from services.intake.domain.repeats import KnownBy, Likeness, same_title
from statute.parties import Parties

PETITIONS: Final = UUID("b8d9a9ea-3f33-5f5c-8f0e-6d1fb7a3d0c5")
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# Behind every position of a log: what a batch registers comes after all that is on record.
AFTER_ALL_ON_RECORD: Final = 2**62

Outcome = Answer | Refusal | RequestIdReused


@dataclass(frozen=True, slots=True)
class Original:
    """The petition that one repeats; `ground` says how that was found.

    Attributes:
        evidence: what the platform found it by; None where a clerk named it.
    """

    matter: MarkedMatter
    ground: str
    evidence: Likeness | None = None


@dataclass(frozen=True, slots=True)
class New:
    """A petition that is to be registered, by its place in the batch.

    Attributes:
        marks: of its people with the matter, to what each is known by.
    """

    index: int
    command: Command
    raised: Raised
    marks: Mapping[str, KnownBy]
    named: Original | None
    petition_id: str

    def as_matter(self, number: str) -> MarkedMatter:
        """Return the petition as the first of a matter of its own."""
        behind_all = AFTER_ALL_ON_RECORD + self.index
        kept_out = _parties(self.raised, number).in_writing
        itself = (self.petition_id, number)
        return MarkedMatter(*itself, behind_all, self.raised.office, kept_out, *itself)


@dataclass
class Registration:
    """Registers a batch; each petition has an outcome of its own.

    Attributes:
        outcomes: place in the batch to the answer, or to why there is none.
    """

    register: Register
    vault: Vault
    comparing: Comparing
    batch: Sequence[tuple[Command, Raised]]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    _new: list[New] = field(default_factory=list)

    def prepare(self, unit: Unit, transaction: Writing, now: datetime) -> None:
        """Sort the batch, then number and store what is new; may run again from the start."""
        self.outcomes.clear()
        self._new.clear()
        self._sort(transaction)
        if not self._new:
            return
        marks = [mark for new in self._new for mark in new.marks]
        marked = self.register.matters_marked(transaction, marks)
        contents = {new.petition_id: new.raised.content for new in self._new}
        keyring = self.vault.keyring(transaction, contents)
        candidates = Candidates(self.vault, self.comparing)
        candidates.look_up(transaction, self.register, keyring, contents)
        numbers = self._numbers(transaction, now.astimezone(SHANGHAI).date())
        for new, number in zip(self._new, numbers, strict=True):
            found = self._found(new, marked, candidates)
            original = new.named
            if original is None and found is not None and found.links:
                original = Original(found.matter, "same_person_and_matter", found.likeness)
            matter = original.matter if original else new.as_matter(number)
            here = matter.found_by(new.petition_id, number)
            self._mark(transaction, new, number, here, marked)
            candidates.add(new.petition_id, new.raised, here)
            commitment = self.vault.keep(
                transaction, keyring, new.petition_id, new.raised.content, now
            )
            unit.attribute(new.command.provenance)
            proposed = found if original is None and found and found.proposes else None
            unit.add(_petition(new, number, original, proposed, commitment))
            self.outcomes[new.index] = {
                "petition_id": new.petition_id,
                "number": number,
                "repeat_of": _told(new, original.matter if original else None),
                **_may_repeat(new, proposed),
            }

    def answer(self, unit: Unit, transaction: Writing) -> None:
        """Complete the answers with what was recorded, and keep them."""
        recorded = {str(each.originator_id): each.recorded_at for each in unit.recorded}
        for new in self._new:
            outcome = self.outcomes[new.index]
            if isinstance(outcome, dict):
                at = recorded[new.petition_id]
                outcome["registered_at"] = text_of(at)
                remember(transaction, new.command.key, outcome, at)

    def result(self) -> list[Outcome]:
        """Return the outcomes in the order of the batch."""
        first: dict[str, int] = {}
        places = [
            first.setdefault(command.key.key, index)
            for index, (command, _) in enumerate(self.batch)
        ]
        return [
            self._as_first(index, place) if index != place else self.outcomes[index]
            for index, place in enumerate(places)
        ]

    def _as_first(self, index: int, place: int) -> Outcome:
        """Answer a command that stands in the batch twice, as it was answered the first time."""
        key, first = self.batch[index][0].key, self.batch[place][0].key
        if key.fingerprint != first.fingerprint:
            return RequestIdReused(key.request_id)
        return self.outcomes[place]

    def _sort(self, transaction: Questions) -> None:
        """Give known commands their answers and bad ones their refusals; keep the new ones."""
        kept = recall_many(transaction, [command.key for command, _ in self.batch])
        seen: set[str] = set()
        for index, (command, raised) in enumerate(self.batch):
            key = command.key
            if key.key in kept:
                self.outcomes[index] = kept[key.key].answer_for(key)
            elif key.key not in seen:
                self._sort_new(transaction, index, command, raised)
            seen.add(key.key)

    def _sort_new(
        self, transaction: Questions, index: int, command: Command, raised: Raised
    ) -> None:
        try:
            named = self._named_original(transaction, raised, command.actor)
        except Refusal as refusal:
            self.outcomes[index] = refusal
            return
        sealed = is_sealed(raised.petition_class)
        marks = self.vault.matter_marks(raised.content, raised.category, sealed=sealed)
        # Derived from the command, so that a retry registers nothing else.
        petition_id = str(uuid5(PETITIONS, command.key.key))
        self._new.append(New(index, command, raised, marks, named, petition_id))

    def _named_original(
        self, transaction: Questions, raised: Raised, actor: Actor
    ) -> Original | None:
        if raised.repeat_of is None:
            return None
        named = self.register.find(transaction, raised.repeat_of)
        if named is None or (named["sealed"] and not _learns_of(actor, named)):
            raise OriginalUnknown(repeat_of="is not on record")
        if bool(named["sealed"]) != is_sealed(raised.petition_class):
            raise Sealed(
                repeat_of="one of the two is sealed: its number must not stand in the other"
            )
        original = named
        if named["matter_number"] != named["number"]:
            original = self.register.find(transaction, named["matter_number"]) or named
        fields = ("petition_id", "number", "position", "office", "kept_out")
        by = {"named_id": named["petition_id"], "named_number": named["number"]}
        return Original(MarkedMatter(**{name: original[name] for name in fields}, **by), "clerk")

    def _mark(
        self,
        transaction: Writing,
        new: New,
        number: str,
        matter: MarkedMatter,
        marked: dict[str, MarkedMatter],
    ) -> None:
        """Let the people of a petition be known by its matter, those who are not yet.

        What the clerk linked is found without him the next time, and whoever came along finds it
        too. Of two petitions of one matter in one batch the second finds the first. The mark
        stays with the petition: where its link is undone, it leads to the petition's own matter.
        """
        for mark in new.marks:
            if mark not in marked:
                marked[mark] = matter
                self.register.mark_matter(transaction, mark, new.petition_id, number)

    def _numbers(self, transaction: Writing, today: date) -> Iterator[str]:
        """Take a number for each new petition, in their order."""
        counts = Counter(region_of(new.raised.office) for new in self._new)
        serials = self.register.next_serials(transaction, counts, today)
        for new in self._new:
            region = region_of(new.raised.office)
            yield number_of(region, today, serials[region])
            serials[region] += 1

    def _found(
        self, new: New, marked: Mapping[str, MarkedMatter], candidates: Candidates
    ) -> Found | None:
        """Return the matter that a petition may be of: by title and category, else by likeness."""
        compared = candidates.compared(new.petition_id, new.raised)
        by_title = self._by_title(new, marked)
        if by_title is None:
            return likeliest(compared)
        matter, mark = by_title
        if any(found.matter.petition_id == matter.petition_id for found in compared):
            return likeliest([found.titled(matter) for found in compared])
        # What it says cannot be compared any more: a clerk looks at it.
        person = self.vault.pair_mark(mark, new.petition_id, matter.petition_id)
        offices = (new.raised.office, matter.office)
        evidence = same_title(person, offices, new.marks[mark])
        return likeliest([*compared, Found(matter, evidence, same_title=True)])

    @staticmethod
    def _by_title(new: New, marked: Mapping[str, MarkedMatter]) -> tuple[MarkedMatter, str] | None:
        """Return the matter that its people have raised under the same title, and their mark.

        Where they have raised several, each by himself, it is the one registered first. Of what is
        sealed nobody learns at another office.
        """
        sealed, office = is_sealed(new.raised.petition_class), new.raised.office
        known = [
            (marked[mark], mark)
            for mark in new.marks
            if mark in marked and (not sealed or marked[mark].office == office)
        ]
        return min(known, key=lambda each: each[0].position, default=None)


def _learns_of(actor: Actor, named: Mapping[str, Any]) -> bool:
    """Tell whether somebody may learn that a sealed petition is there: its office, but no party."""
    parties = Parties.written(named["kept_out"])
    return actor.office == named["office"] and not parties.include(actor.subject, actor.office)


def _told(new: New, matter: MarkedMatter | None) -> str | None:
    """Return the number of a matter, unless it is one that the registrar is kept out of."""
    if matter is None:
        return None
    actor = new.command.actor
    is_party = Parties.written(matter.kept_out).include(actor.subject, actor.office)
    return None if is_party and is_sealed(new.raised.petition_class) else matter.number


def _may_repeat(new: New, proposed: Found | None) -> dict[str, str]:
    number = _told(new, proposed.matter if proposed else None)
    return {"may_repeat": number} if number is not None else {}


def _parties(raised: Raised, number: str) -> Parties:
    return Parties.named(number, (*raised.accused_staff, *raised.accused_units))


def _petition(
    new: New, number: str, original: Original | None, proposed: Found | None, commitment: str
) -> Petition:
    raised = new.raised
    petition: Petition = Petition._create(  # noqa: SLF001 - the library's way to pass the time in
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
        repeats=original.matter.petition_id if original else None,
        repeats_number=original.matter.number if original else None,
        repeat_ground=original.ground if original else None,
        external_number=raised.external_number,
        kept_out=sorted(_parties(raised, number).marks),
        named=original.matter.named_id if original else None,
        named_number=original.matter.named_number if original else None,
        received_at=raised.received_at,
    )
    if original is not None and original.evidence is not None:
        petition.keep_evidence(original.evidence, raised.occurred_at)
    if proposed is not None:
        of, named = proposed.of
        petition.propose(of, proposed.likeness, named)
    return petition
