"""Who answers for each fact that a follow-through report counts: owner, office or unit."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from shouwen.running_terms import Running
from statute.course import SENDING

Data = Mapping[str, Any]
OFFICE_HEAD: Final = "office_head:"
# The terms that the handling unit has to keep; others are the petition office's, the petitioner's
# or a reviewing body's.
OF_THE_UNIT: Final = frozenset(
    ("acceptance", "handling", "report_back", "re_examination", "carrying_out", "supervision")
)


class Answering(Protocol):
    """Tells of each fact who answers for it, in the order of the ledger.

    Of each it is true over all time that what is taken, less what is handed on and closed, and
    what is reopened, are the matters that they hold open by the record.

    Attributes:
        voids: type of a fact that says another never to have been, to what was counted for that.
    """

    voids: Mapping[str, str]

    def counted(self, type_: str, data: Data) -> Iterable[tuple[str, str]]:
        """Yield what is counted, and for whom; empty where nobody answers for it."""

    def answers_for(self, running: Running) -> str:
        """Return who answers for a term that runs; empty where nobody does."""

    def office_of(self, who: str) -> str:
        """Return the office of an owner; empty where it is not known, or they are none."""


class Owning(NamedTuple):
    """One owner of one matter."""

    owner: str
    office: str


@dataclass
class Reminders:
    """Which reminders there are, each counted once for what happened to it."""

    of: dict[str, Any] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def once(self, what: str, reminder_id: str) -> Iterator[tuple[str, Any]]:
        """Yield what happened to a reminder, the first time that it did."""
        if reminder_id in self.of and (what, reminder_id) not in self._seen:
            self._seen.add((what, reminder_id))
            yield what, self.of[reminder_id]


_HAPPENS: Final[Mapping[str, str]] = {
    "reminder.delivered.v1": "reminded",
    "reminder.acknowledged.v1": "acknowledged",
}


def _told(type_: str, data: Data) -> Mapping[str, str]:
    """Return recipient to id of the reminders that a fact begins."""
    if type_ == "reminder.planned.v1":
        return {data["recipient"]: data["reminder_id"]}
    told: Mapping[str, str] = data["told"] if type_ == "reminders.fell_due.v1" else {}
    return told


def _late(type_: str, data: Data) -> list[str]:
    """Return the terms that a fact ends late."""
    if type_ == "term.ended.v1":
        return [data["term"]] if data["late_days"] else []
    if type_ == "course.merged.v1":
        return [term for term, days in data["late_days"].items() if days]
    return []


@dataclass
class Owners:
    """The owners, or the offices that they act for.

    Attributes:
        named: which of the two a line is of.
    """

    named: Callable[[Owning], str]
    has_office: bool
    voids: Mapping[str, str] = field(
        default_factory=lambda: {
            "ownership.voided.v1": "taken",
            "case.reopening_voided.v1": "reopened",
        }
    )
    _of: dict[str, Owning] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)
    _office: dict[str, str] = field(default_factory=dict)
    _reminders: Reminders = field(default_factory=Reminders)

    def counted(self, type_: str, data: Data) -> Iterator[tuple[str, str]]:
        """Yield what is counted, and for which owner or office."""
        for what, owning in self._counted(type_, data):
            yield what, self.named(owning)

    def answers_for(self, running: Running) -> str:
        """Return the owner; while nobody owns the matter, the head of its office."""
        head = Owning(f"{OFFICE_HEAD}{running.office}", running.office)
        return self.named(self._of.get(running.number, head))

    def office_of(self, who: str) -> str:
        """Return the office that an owner acted for last, or that somebody is the head of."""
        if not self.has_office:
            return ""
        return self._office.get(who, self._recipient(who).office)

    def _counted(self, type_: str, data: Data) -> Iterator[tuple[str, Owning]]:
        for recipient, reminder_id in _told(type_, data).items():
            self._reminders.of[reminder_id] = self._recipient(recipient)
        if data.get("number") in self._of:
            yield from (("late", self._of[data["number"]]) for _ in _late(type_, data))
        if type_ in _HAPPENS:
            yield from self._reminders.once(_HAPPENS[type_], data["reminder_id"])
        yield from self._of_ownership(type_, data)

    def _of_ownership(self, type_: str, data: Data) -> Iterator[tuple[str, Owning]]:
        match type_:
            case "ownership.taken.v1":
                yield "taken", self._own(data)
            case "ownership.succeeded.v1" | "ownership.recused.v1":
                yield from self._passed_on(data)
            case "ownership.merged.v1" if data["owner"] and data["number"] not in self._closed:
                yield "handed_on", self._acting(data)
            case "ownership.split.v1" if data["owner"]:
                yield from self._given_back(data)
            case "ownership.voided.v1":
                self._of.pop(data["number"], None)
            case "case.closed.v1":
                self._closed.add(data["number"])
                yield "closed", self._acting(data)
            case "case.reopened.v1":
                self._closed.discard(data["number"])
                yield "reopened", self._acting(data)
            case "case.reopening_voided.v1":
                self._closed.add(data["number"])

    def _passed_on(self, data: Data) -> Iterator[tuple[str, Owning]]:
        """Yield who hands a matter on and who takes it, unless it stays in one office.

        Of one that is closed somebody else answers from now on, and nobody has work with it.
        """
        before = self._acting({**data, "owner": data["previous_owner"]})
        after = self._own(data)
        if data["number"] not in self._closed and self.named(before) != self.named(after):
            yield "handed_on", before
            yield "taken", after

    def _given_back(self, data: Data) -> Iterator[tuple[str, Owning]]:
        """Yield who has a matter again that was part of another: whoever had it then."""
        known = self._of.get(data["number"])
        owning = known if known and known.owner == data["owner"] else self._own(data)
        if data["state"] != "closed":
            yield "taken", owning

    def _own(self, data: Data) -> Owning:
        owning = Owning(data["owner"], data["office"])
        self._of[data["number"]] = owning
        self._office[owning.owner] = owning.office
        return owning

    def _acting(self, data: Data) -> Owning:
        """Return the owner whom a fact names, with the office that he owns the matter for."""
        known = self._of.get(data["number"], Owning("", ""))
        return Owning(data["owner"], known.office or self._office.get(data["owner"], ""))

    def _recipient(self, recipient: str) -> Owning:
        if recipient.startswith(OFFICE_HEAD):
            return Owning(recipient, recipient.removeprefix(OFFICE_HEAD))
        return Owning(recipient, self._office.get(recipient, ""))


def of_owners() -> Owners:
    """Return what counts for owners."""
    return Owners(lambda owning: owning.owner, has_office=True)


def of_offices() -> Owners:
    """Return what counts for the offices that owners act for."""
    return Owners(lambda owning: owning.office, has_office=False)


@dataclass
class Units:
    """The handling units, and what becomes of a matter while they handle it."""

    voids: Mapping[str, str] = field(
        default_factory=lambda: {"case.reopening_voided.v1": "reopened"}
    )
    _of: dict[str, str] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)
    _of_term: dict[tuple[str, str], str] = field(default_factory=dict)
    _reminders: Reminders = field(default_factory=Reminders)

    def counted(self, type_: str, data: Data) -> Iterator[tuple[str, str]]:
        """Yield what is counted, and for which unit."""
        unit = self._of.get(data.get("number", ""), "")
        for reminder_id in _told(type_, data).values():
            self._reminders.of[reminder_id] = unit
        for term in _late(type_, data):
            yield "late", self._of_term.get((data["number"], term), "")
        if type_ in _HAPPENS:
            yield from self._reminders.once(_HAPPENS[type_], data["reminder_id"])
        if type_ == "term.begun.v1" and data["term"] in OF_THE_UNIT:
            self._of_term[data["number"], data["term"]] = unit
        yield from self._of_matter(unit, type_, data)

    def _of_matter(self, unit: str, type_: str, data: Data) -> Iterator[tuple[str, str]]:
        match type_:
            case "course.step_taken.v1":
                yield from self._passed(unit, data)
            case "case.closed.v1":
                self._closed.add(data["number"])
                yield "closed", unit
            case "case.reopened.v1":
                self._closed.discard(data["number"])
                yield "reopened", unit
            case "case.reopening_voided.v1":
                self._closed.add(data["number"])
            case "ownership.merged.v1" if data["number"] not in self._closed:
                yield "handed_on", unit
            case "ownership.split.v1" if data["state"] != "closed":
                yield "taken", unit

    def answers_for(self, running: Running) -> str:
        """Return the unit, for a term that is its own."""
        return self._of_term.get((running.number, running.term), "")

    def office_of(self, who: str) -> str:  # noqa: ARG002 - units are offices themselves
        """Return nothing."""
        return ""

    def _passed(self, unit: str, data: Data) -> Iterator[tuple[str, str]]:
        """Yield who sends a matter back, and who is sent it."""
        number, step, given = data["number"], data["step"], data["given"]
        named = given.get("unit", "")
        replaced = step == "replace_unit" and given["instead_of"] == unit
        if not (step in SENDING or step == "take_back" or replaced):
            return
        if unit != named and number not in self._closed:
            yield "handed_on", unit
            yield "taken", named
        self._of[number] = named
        if replaced:
            # Its terms run on.
            self._of_term |= {key: named for key in self._of_term if key[0] == number}
