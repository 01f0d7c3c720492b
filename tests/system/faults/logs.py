"""Checks of whole logs, and of everything that is made from them."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from contracts.envelope import CloudEvent
from shouwen.hosting import SERVICES
from tests.system.faults.installation import Installation
from tests.system.faults.nemesis import READ_MODELS
from tests.system.faults.reminders import Reminders

NUMBER: Final = re.compile(r"XF-(\d{6})-(\d{8})-(\d{6})-.")
ALL_OF_THEM: Final[Mapping[str, int]] = {}
# Notify cancels many reminders because of one event, audit decides nothing.
DECIDING: Final = frozenset({"intake", "responsibility"})
TIMELINE: Final = "timeline"
ANY_NUMBER: Final = frozenset({"content.read.v1"})
SAME_EFFECT: Final[Mapping[str, str]] = {
    "roster.line_set.v1": "a leader on duty",
    "roster.line_replaced.v1": "a leader on duty",
}
SETS_LINE: Final = frozenset(SAME_EFFECT)
# Who decides beside a replacement has read the line before it; further on it has been seen.
DECIDED_BESIDE: Final = 100
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
STATE_AFTER: Final[Mapping[str, str]] = {
    "ownership.awaited.v1": "awaited",
    "ownership.taken.v1": "owned",
    "case.closed.v1": "closed",
    "case.reopened.v1": "owned",
}
# Event by which responsibility takes a petition in to the field that names it.
TAKING_IN: Final[Mapping[str, str]] = {
    "ownership.awaited.v1": "petition_id",
    "repeat.joined.v1": "repeat_petition_id",
}


@dataclass
class Log:
    """One service's log, read as far as `head`; `wrongs` is what was found in it."""

    service: str
    head: int = 0
    last_recorded: str = ""
    ids: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)

    def take(self, event: CloudEvent) -> None:
        if event.position != self.head + 1:
            self._wrong(event, f"follows position {self.head}")
        recorded = event.recordedtime.isoformat(timespec="microseconds")
        if recorded < self.last_recorded:
            self._wrong(event, f"was recorded before its predecessor, at {recorded}")
        if event.id in self.ids:
            self._wrong(event, "has the id of an earlier event")
        if event.streamversion != self.versions.get(event.stream, 0) + 1:
            self._wrong(event, f"has version {event.streamversion} of its stream")
        self.head, self.last_recorded = event.position, recorded
        self.ids.add(event.id)
        self.versions[event.stream] = event.streamversion

    def _wrong(self, event: CloudEvent, what: str) -> None:
        self.wrongs.append(f"{self.service} {event.position} {event.type} {what}")


@dataclass
class Register:
    """What intake's log says about registrations."""

    numbers: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    serials: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self, event: CloudEvent) -> None:
        if event.type != "petition.registered.v1":
            return
        number = event.data["number"]
        self.numbers[number] = event.data["petition_id"]
        self.requests[event.causationid] += 1
        parts = NUMBER.fullmatch(number)
        if parts is None:
            raise AssertionError(f"{number} is no number")
        self.serials[parts[1], parts[2]].add(int(parts[3]))

    def wrongs(self) -> Iterator[str]:
        if len(self.numbers) != self.requests.total():
            yield f"{self.requests.total()} petitions have {len(self.numbers)} numbers"
        for request_id, count in self.requests.items():
            if count > 1:
                yield f"request {request_id} registered {count} petitions"
        for place, serials in self.serials.items():
            if serials != set(range(1, len(serials) + 1)):
                yield f"the numbers of {place} have gaps"


@dataclass
class TakenIn:
    """Petitions on record in intake, beside what responsibility made of them."""

    registered: Counter[str] = field(default_factory=Counter)
    taken_in: Counter[str] = field(default_factory=Counter)

    def take(self, event: CloudEvent) -> None:
        if event.type == "petition.registered.v1":
            self.registered[event.data["petition_id"]] += 1
        elif event.type in TAKING_IN:
            self.taken_in[event.data[TAKING_IN[event.type]]] += 1

    def wrongs(self) -> Iterator[str]:
        for petition_id in self.registered.keys() | self.taken_in.keys():
            registered, taken_in = self.registered[petition_id], self.taken_in[petition_id]
            if (registered, taken_in) != (1, 1):
                yield f"{petition_id} was registered {registered}, taken in {taken_in} times"


@dataclass
class Effects:
    """What each cause led to in each stream: the same thing once."""

    seen: set[tuple[str, str, str, str]] = field(default_factory=set)
    twice: list[str] = field(default_factory=list)

    def take(self, event: CloudEvent) -> None:
        if event.service not in DECIDING or event.type in ANY_NUMBER:
            return
        effect = SAME_EFFECT.get(event.type, event.type)
        key = effect, event.stream, event.actor, event.causationid
        if key in self.seen:
            self.twice.append(f"{event.causationid} of {event.actor} led to {effect} once more,"
                              f" {event.service} {event.position}")  # fmt: skip
        self.seen.add(key)

    def wrongs(self) -> Iterator[str]:
        yield from self.twice


@dataclass
class States:
    """In which state each matter is, as its last step says.

    Attributes:
        of: number of the matter to its state.
        opened_by_repeat: those that a repeat opened after their last closure.
    """

    of: dict[str, str] = field(default_factory=dict)
    opened_by_repeat: set[str] = field(default_factory=set)

    def take(self, event: CloudEvent) -> None:
        if event.type not in STATE_AFTER:
            return
        number = event.data["number"]
        self.of[number] = STATE_AFTER[event.type]
        if event.type == "case.closed.v1":
            self.opened_by_repeat.discard(number)
        elif event.data.get("ground") == "repeat":
            self.opened_by_repeat.add(number)

    def otherwise(self, finals: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        """Yield matters of which responsibility answers another state.

        Args:
            finals: number of each petition to what `owner_of` answers now.
        """
        for number, final in finals.items():
            if self.of.get(final["matter"]) != final["state"]:
                yield f"{number} is {final['state']}, recorded {self.of.get(final['matter'])}"


@dataclass
class Roster:
    """Who is on duty, and who was made an owner because of it.

    Attributes:
        lines: office and day to the leaders who were set, with the position of each.
    """

    lines: dict[tuple[str, str], list[tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    found: list[str] = field(default_factory=list)

    def take(self, event: CloudEvent) -> None:
        data = event.data
        if event.type in SETS_LINE:
            self.lines[data["office"], str(data["day"])].append((data["leader"], event.position))
        elif event.type == "ownership.taken.v1" and data["ground"] == "roster":
            self.found += self._wrong_owner(event)

    def wrongs(self) -> Iterator[str]:
        yield from self.found

    def _wrong_owner(self, event: CloudEvent) -> Iterator[str]:
        data = event.data
        day = event.time.astimezone(SHANGHAI).date().isoformat()
        line, version = self.lines[data["office"], day], data["roster_version"]
        what = f"responsibility {event.position} {data}"
        if str(data["roster_day"]) != day:
            yield f"{what} was taken on {day}"
        elif not 1 <= version <= len(line) or line[version - 1][0] != data["owner"]:
            yield f"{what} does not name a leader of {line}"
        elif version < len(line) and line[version][1] < event.position - DECIDED_BESIDE:
            yield f"{what} was replaced long before: {line}"


class Part(Protocol):
    """One thing that is followed through the logs of all services."""

    def take(self, event: CloudEvent) -> None:
        """Read one more event."""

    def wrongs(self) -> Iterator[str]:
        """Yield what does not hold."""


class Logs:
    """All logs, read on from where the last check ended."""

    def __init__(self) -> None:
        self.of = {service: Log(service) for service in SERVICES}
        self.register = Register()
        self.taken_in = TakenIn()
        self.effects = Effects()
        self.states = States()
        self.roster = Roster()
        self.reminders = Reminders()

    def take(self, service: str, events: Sequence[CloudEvent]) -> None:
        for event in events:
            self.of[service].take(event)
            self.states.take(event)
            for part in self._parts:
                part.take(event)

    def heads(self) -> dict[str, int]:
        """Return service to the position as far as its log was read."""
        return {service: log.head for service, log in self.of.items()}

    def wrongs(self) -> Iterator[str]:
        for log in self.of.values():
            yield from log.wrongs
        for part in self._parts:
            yield from part.wrongs()

    @property
    def _parts(self) -> tuple[Part, ...]:
        return (
            self.register,
            self.taken_in,
            self.effects,
            self.roster,
            self.reminders,
        )


def never_arrived(installation: Installation) -> Iterator[str]:
    """Yield petitions that intake has on record and responsibility does not list.

    Its log may have one that its read model has lost, of which `TakenIn` says nothing.
    """
    rows = installation.sql(
        """
        SELECT p.number FROM intake.petition p
        LEFT JOIN responsibility.matter m ON m.number = p.number
        WHERE m.number IS NULL LIMIT 3"""
    )
    for (number,) in rows:
        yield f"{number} is on record and never arrived at responsibility"


def audit_gaps(installation: Installation, after: Mapping[str, int] = ALL_OF_THEM) -> Iterator[str]:
    """Yield where the timeline differs from the logs: each event once, no other.

    Args:
        after: service to the position from which on to compare.
    """
    for service in SERVICES:
        start = after.get(service, 0)
        rows = installation.sql(
            f"""
            SELECT e.position, t.position
            FROM (SELECT * FROM {service}.event_log WHERE position > {start}) e
            FULL JOIN (SELECT * FROM audit.timeline
                       WHERE source = '{service}' AND position > {start}) t
              ON t.position = e.position AND t.event_id = e.event_id::text
            WHERE e.position IS NULL OR t.position IS NULL LIMIT 3"""
        )
        for recorded, audited in rows:
            yield f"audit: {service} {recorded} on record, {audited} on the timeline"


def heads_of(installation: Installation) -> Mapping[str, int]:
    """Return the last position of each log."""
    head = "SELECT coalesce(max(position), 0) FROM {service}.event_log"
    return {service: installation.sql(head.format(service=service))[0][0] for service in SERVICES}


def tables_of(installation: Installation, heads: Mapping[str, int]) -> Mapping[str, str]:
    """Return a digest of each read model, as far as the logs had got at some time.

    Audit states the ends of its chains by the clock, whatever else is quiet.
    """
    recorded = " OR ".join(
        f"(source = '{source}' AND position <= {head})" for source, head in heads.items()
    )
    digests = {}
    for service, tables in READ_MODELS.items():
        for table in tables:
            until = recorded if table == TIMELINE else "true"
            rows = installation.sql(
                f"SELECT t::text FROM {service}.{table} t WHERE {until} ORDER BY 1"
            )
            text = "\n".join(row[0] for row in rows)
            digests[f"{service}.{table}"] = (
                f"{len(rows)}:{hashlib.sha256(text.encode()).hexdigest()}"
            )
    return digests


def left_over(health: Mapping[str, Any]) -> Iterator[str]:
    for service, answer in health.items():
        if answer["parked"]:
            yield f"{service} has {answer['parked']} events parked"
