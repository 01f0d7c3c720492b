"""Which matter each petition belongs to, by the facts, beside what audit answers from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from chassis.eventstore.instants import text_of
from contracts.envelope import CloudEvent
from contracts.events.audit import CaseExportedV1, CaseReplayedV1, SealedCasesShownV1
from contracts.events.intake import PetitionRegisteredV1, RepeatLinkedV1, RepeatUnlinkedV1
from contracts.failures import Failure
from contracts.fields import PAGE_MAX
from services.audit.readmodels.matters import FACTS
from shouwen.calling import Call

# What is compared, and what it says where it differs.
COMPARED: Final[Mapping[str, str]] = {
    "petition_id": "is another petition",
    "matter_id": "belongs to another matter",
    "matter_number": "belongs to another matter by number",
    "repeats_id": "repeats another petition",
    "moves": "belonged to other matters before",
    "shown": "was shown in other answers",
    "shown_hash": "was shown in other answers",
}

# How audit answers that meets a damaged row among those that are compared here.
_DAMAGED: Final = "internal"
SHOWING: Final = (CaseReplayedV1.TYPE, CaseExportedV1.TYPE, SealedCasesShownV1.TYPE)


@dataclass
class Belonging:
    """One petition, as the facts have it; `by` names the last that says where it belongs."""

    number: str
    petition_id: str
    matter_id: str
    matter_number: str
    repeats_id: str
    by: str
    moves: list[dict[str, Any]] = field(default_factory=list)
    shown: int = 0
    shown_by: Any = field(default_factory=sha256)

    def expected(self, name: str) -> Any:
        """Return what audit ought to have under a name."""
        return self.shown_by.hexdigest() if name == "shown_hash" else getattr(self, name)


class Matters:
    """All petitions, put together from the facts in the order of the ledger."""

    def __init__(self) -> None:
        self.by_number: dict[str, Belonging] = {}
        self._by_id: dict[str, Belonging] = {}
        self._repeats: dict[str, set[str]] = {}
        self._changes: Mapping[str, Callable[[CloudEvent], None]] = {
            PetitionRegisteredV1.TYPE: self._register,
            RepeatLinkedV1.TYPE: self._link,
            RepeatUnlinkedV1.TYPE: self._unlink,
            **dict.fromkeys(SHOWING, self._show),
        }

    def add(self, event: CloudEvent) -> None:
        """Take one fact in."""
        change = self._changes.get(event.type)
        if change is not None:
            change(event)

    def _register(self, event: CloudEvent) -> None:
        data = event.data
        repeats, named = data["repeats"] or "", data.get("named") or data["repeats"] or ""
        matter_id, matter_number = repeats, data["repeats_number"] or ""
        if of_named := self._by_id.get(named):
            matter_id, matter_number = of_named.matter_id, of_named.matter_number
        number, petition_id = data["number"], data["petition_id"]
        belonging = Belonging(
            number, petition_id, matter_id or petition_id, matter_number or number, "", _name(event)
        )
        self.by_number[number] = self._by_id[petition_id] = belonging
        self._let_repeat(belonging, named)

    def _link(self, event: CloudEvent) -> None:
        data = event.data
        self._move(event, data["repeats"], data["repeats_number"])
        self._let_repeat(self.by_number[data["number"]], data.get("named") or data["repeats"])

    def _unlink(self, event: CloudEvent) -> None:
        self._move(event, event.data["petition_id"], event.data["number"])
        self._let_repeat(self.by_number[event.data["number"]], "")

    def _let_repeat(self, belonging: Belonging, repeated: str) -> None:
        self._repeats.get(belonging.repeats_id, set()).discard(belonging.petition_id)
        belonging.repeats_id = repeated
        if repeated:
            self._repeats.setdefault(repeated, set()).add(belonging.petition_id)

    def _move(self, event: CloudEvent, matter_id: str, matter_number: str) -> None:
        for petition_id in self._with_repeats(event.data["petition_id"]):
            moving = self._by_id[petition_id]
            before = {"matter_id": moving.matter_id, "matter_number": moving.matter_number}
            at = {"position": event.position, "moved_at": text_of(event.recordedtime)}
            moving.moves.append({**at, **before})
            moving.matter_id, moving.matter_number = matter_id, matter_number
            moving.by = _name(event)

    def _with_repeats(self, petition_id: str) -> set[str]:
        found, new = set[str](), {petition_id}
        while new:
            found |= new
            new = {each for at in new for each in self._repeats.get(at, ())} - found
        return found

    def _show(self, event: CloudEvent) -> None:
        for petition_id in event.data.get("petition_ids", ()):
            if shown := self._by_id.get(petition_id):
                shown.shown += 1
                shown.shown_by.update(f"{event.service} {event.position}\n".encode())


def _name(event: CloudEvent) -> str:
    return f"{event.service} {event.position} ({event.type})"


@dataclass
class MattersCompared:
    """One comparison of all petitions, page by page while the ledger grows.

    Attributes:
        follow: takes further facts in, up to a size of the ledger; tells whether all were there.
        found: is told what does not hold.
    """

    ask: Call
    matters: Matters
    follow: Callable[[int], bool]
    found: Callable[[str], None]
    _seen: set[str] = field(default_factory=set)
    _strays: set[str] = field(default_factory=set)

    def run(self) -> bool:
        """Compare; tell whether all could be."""
        known = frozenset(self.matters.by_number)
        for page in self._pages():
            for stray in self._new(page["strays"]):
                self.found(f"{stray} is where replay reads, and not in the ledger")
            if not self.follow(page["size"]):
                return False
            for item in page["items"]:
                self._seen.add(item["number"])
                self._compare(item)
        for number in sorted(known - self._seen):
            by = self.matters.by_number[number].by
            self.found(f"{number} is not among the petitions that audit finds; see {by}")
        return True

    def _new(self, strays: Sequence[str]) -> list[str]:
        """Return those that no page before has had: between two places they may come again."""
        new = [each for each in strays if each not in self._strays]
        self._strays.update(new)
        return new

    def _pages(self) -> Iterator[Any]:
        """Yield page after page, past what cannot be read.

        Who does not answer in time has nothing damaged: that ends it.
        """
        cursor, more, limit = "", True, PAGE_MAX
        while more:
            try:
                page = self.ask("audit", "matters", {"cursor": cursor, "limit": limit})
            except Failure as failure:
                if failure.code != _DAMAGED:
                    raise
                if cursor.startswith(FACTS):
                    self.found("facts that are not in the ledger cannot be read where replay reads")
                    return
                if limit == 1:
                    cursor = self._past(cursor)
                limit = max(1, limit // 2)
            else:
                yield page
                cursor, limit = page["next_cursor"], min(PAGE_MAX, 2 * limit)
                more = bool(cursor)

    def _past(self, number: str) -> str:
        """Return the number that the facts have behind one, whose row cannot be read.

        Behind the last of them, where the facts begin.
        """
        self.ask("audit", "health", {})
        following = min((each for each in self.matters.by_number if each > number), default="")
        self._seen.add(following)
        self.found(f"{following or 'a petition'} cannot be read where audit finds petitions")
        return following or FACTS

    def _compare(self, item: Mapping[str, Any]) -> None:
        belonging = self.matters.by_number.get(item["number"])
        if belonging is None:
            self.found(f"{item['number']} is among the petitions, and no fact puts it on record")
            return
        for what in dict.fromkeys(
            words for name, words in COMPARED.items() if item[name] != belonging.expected(name)
        ):
            self.found(f"{belonging.number} {what} where replay reads it; see {belonging.by}")
