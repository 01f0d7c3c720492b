"""Checks of whole logs, and of everything that is made from them."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from contracts.envelope import CloudEvent
from shouwen.hosting import SERVICES
from tests.system.faults.installation import Installation
from tests.system.faults.nemesis import READ_MODELS

NUMBER: Final = re.compile(r"XF-(\d{6})-(\d{8})-(\d{6})-.")
Asking = Callable[[Mapping[str, Any]], bool]
# Event to the reason for which somebody is told of it at once, and when that applies.
ASKED: Final[Mapping[str, tuple[str, Asking]]] = {
    "ownership.taken.v1": ("ownership_taken", lambda _data: True),
    "ownership.succeeded.v1": ("ownership_taken", lambda _data: True),
    "ownership.recused.v1": ("ownership_taken", lambda _data: True),
    "repeat.joined.v1": ("repeat_joined", lambda data: bool(data["owner"])),
    "case.reopened.v1": ("reopened", lambda data: data["ground"] == "order"),
    "reception.recorded.v1": (
        "reception_elsewhere",
        lambda data: data["standing"] in {"rival", "disputed"},
    ),
}
# Why a reminder may be cancelled, and the events that say so.
CANCELLED_BY: Final[Mapping[str, frozenset[str]]] = {
    "owner_found": frozenset({"ownership.taken.v1", "repeat.joined.v1", "case.reopened.v1"}),
    "owner_changed": frozenset({"ownership.succeeded.v1", "ownership.recused.v1"}),
    "case_closed": frozenset({"case.closed.v1"}),
}
ENDINGS: Final = frozenset(
    {"reminder.delivered.v1", "reminder.cancelled.v1", "reminder.given_up.v1"}
)


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
class Reminders:
    """What notify's log says, beside what responsibility's asks for.

    Attributes:
        facts: id of each event of responsibility to its type.
        asked, planned: event id and reason, as often as asked for and as planned.
        awaited: reminders that nothing but their delivery or a cancellation ends.
    """

    facts: dict[str, str] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    planned: Counter[tuple[str, str]] = field(default_factory=Counter)
    awaited: set[str] = field(default_factory=set)
    cancelled: list[tuple[str, str]] = field(default_factory=list)
    plans: Counter[str] = field(default_factory=Counter)
    endings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take(self, event: CloudEvent) -> None:
        data = event.data
        if event.service == "responsibility":
            self.facts[event.id] = event.type
            reason, applies = ASKED.get(event.type, ("", _never))
            self.asked[event.id, reason] += applies(data)
        elif event.type == "reminder.planned.v1":
            self.plans[data["reminder_id"]] += 1
            if data["reason"] != "untaken":
                self.planned[event.causationid, data["reason"]] += 1
                self.awaited.add(data["reminder_id"])
        elif event.type in ENDINGS:
            self.endings[data["reminder_id"]].append(event.type)
            if event.type == "reminder.cancelled.v1":
                self.cancelled.append((event.causationid, data["reason"]))

    def wrongs(self) -> Iterator[str]:
        # Subtraction leaves out what is there as often as asked for.
        if missing := self.asked - self.planned:
            yield f"reminders missing {missing}"
        if needless := self.planned - self.asked:
            yield f"reminders that nobody asked for {needless}"
        for cause, reason in self.cancelled:
            if self.facts.get(cause) not in CANCELLED_BY[reason]:
                yield f"a reminder was cancelled, {reason}, by {self.facts.get(cause)} {cause}"
        for reminder_id, count in self.plans.items():
            if count > 1:
                yield f"reminder {reminder_id} was planned {count} times"
        for reminder_id in self.awaited:
            endings = self.endings[reminder_id]
            if len(endings) != 1 or endings[0] == "reminder.given_up.v1":
                yield f"reminder {reminder_id} ended as {endings}"

    def untold(self, told: Path) -> Iterator[str]:
        """Yield what stands as delivered and was not, or was as something else the second time.

        A crash between the telling and its record tells twice, under the same id.
        """
        lines = [json.loads(line) for line in told.read_text().splitlines()]
        first: dict[str, Any] = {}
        for line in lines:
            if first.setdefault(line["reminder_id"], line) != line:
                yield f"reminder {line['reminder_id']} was told as {first} and as {line}"
        delivered = (
            reminder_id
            for reminder_id, endings in self.endings.items()
            if "reminder.delivered.v1" in endings
        )
        for reminder_id in delivered:
            if reminder_id not in first:
                yield f"reminder {reminder_id} is on record as delivered, and nobody was told"


def _never(_data: Mapping[str, Any]) -> bool:
    return False


class Logs:
    """All logs, read on from where the last check ended."""

    def __init__(self) -> None:
        self.of = {service: Log(service) for service in SERVICES}
        self.register = Register()
        self.reminders = Reminders()

    def take(self, service: str, events: Sequence[CloudEvent]) -> None:
        for event in events:
            self.of[service].take(event)
            self.register.take(event)
            self.reminders.take(event)

    def wrongs(self) -> Iterator[str]:
        for log in self.of.values():
            yield from log.wrongs
        yield from self.register.wrongs()
        yield from self.reminders.wrongs()


def never_arrived(installation: Installation) -> Iterator[str]:
    """Yield petitions that intake has on record and responsibility does not know."""
    rows = installation.sql(
        """
        SELECT p.number FROM intake.petition p
        LEFT JOIN responsibility.matter m ON m.number = p.number
        WHERE m.number IS NULL LIMIT 3"""
    )
    for (number,) in rows:
        yield f"{number} is on record and never arrived at responsibility"


def audit_gaps(installation: Installation) -> Iterator[str]:
    """Yield where the timeline differs from the logs: each event once, no other."""
    for service in SERVICES:
        rows = installation.sql(
            f"""
            SELECT e.position, t.position FROM {service}.event_log e
            FULL JOIN (SELECT * FROM audit.timeline WHERE source = '{service}') t
              ON t.position = e.position AND t.event_id = e.event_id::text
            WHERE e.position IS NULL OR t.position IS NULL LIMIT 3"""
        )
        for recorded, audited in rows:
            yield f"audit: {service} {recorded} on record, {audited} on the timeline"


def tables_of(installation: Installation) -> Mapping[str, str]:
    """Return a digest of each read model."""
    digests = {}
    for service, tables in READ_MODELS.items():
        for table in tables:
            rows = installation.sql(f"SELECT t::text FROM {service}.{table} t ORDER BY 1")
            text = "\n".join(row[0] for row in rows)
            digests[f"{service}.{table}"] = (
                f"{len(rows)}:{hashlib.sha256(text.encode()).hexdigest()}"
            )
    return digests


def left_over(health: Mapping[str, Any]) -> Iterator[str]:
    for service, answer in health.items():
        if answer["parked"]:
            yield f"{service} has {answer['parked']} events parked"
