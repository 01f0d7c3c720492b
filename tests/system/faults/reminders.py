"""Checks of the reminders: against what they are about, and against what was really told."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.envelope import CloudEvent
from services.notify.domain.policy import reason_at

Recipient = Callable[[Mapping[str, Any], str | None], str | None]
"""From what an event says, and who owned the matter then, to whom it is told; None: to nobody."""

GIVEN_UP: Final = "reminder.given_up.v1"
CANCELLED: Final = "reminder.cancelled.v1"
DELIVERED: Final = "reminder.delivered.v1"
ENDINGS: Final = frozenset({DELIVERED, CANCELLED, GIVEN_UP})
VISIT: Final = "follow_up_visit"
ENDS_MATTER: Final = frozenset({"case.closed.v1", "ownership.merged.v1"})
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
OWNING: Final = frozenset({"ownership.taken.v1", "ownership.succeeded.v1", "ownership.recused.v1"})


def _new_owner(data: Mapping[str, Any], _owner: str | None) -> str | None:
    return str(data["owner"])


# Event of responsibility to the reminder that is owed because of it.
OWED: Final[Mapping[str, tuple[str, Recipient]]] = {
    # Who is on duty takes it at once: there is no waiting.
    "ownership.awaited.v1": (
        "untaken",
        lambda data, _: None if data["awaits"] == "duty_leader" else _head(data["office"]),
    ),
    **dict.fromkeys(OWNING, ("ownership_taken", _new_owner)),
    "repeat.joined.v1": ("repeat_joined", lambda data, _: data["owner"]),
    # Of a repeat that opens it again the owner is told already.
    "case.reopened.v1": (
        "reopened",
        lambda data, _: data["owner"] if data["ground"] == "order" else None,
    ),
    "reception.recorded.v1": (
        "reception_elsewhere",
        lambda data, owner: owner if data["standing"] in {"rival", "disputed"} else None,
    ),
}

# Why a reminder was cancelled to the events that may have led to it, and whose reminders those
# events make needless.
CANCELLED_BY: Final[
    Mapping[str, tuple[frozenset[str], Callable[["Meant", Mapping[str, Any]], bool]]]
] = {
    "owner_found": (
        frozenset({"ownership.taken.v1", "repeat.joined.v1", "case.reopened.v1"}),
        lambda meant, _: meant.reason == "untaken",
    ),
    "owner_changed": (
        frozenset({"ownership.succeeded.v1", "ownership.recused.v1"}),
        lambda meant, data: meant.recipient == data["previous_owner"],
    ),
    "case_closed": (frozenset({"case.closed.v1"}), lambda _meant, _data: True),
}


@dataclass(frozen=True, slots=True)
class Meant:
    """What one reminder is for.

    Attributes:
        cause: id of the event that it is about.
    """

    petition_id: str
    number: str
    reason: str
    recipient: str
    cause: str


@dataclass(frozen=True, slots=True)
class OfTerm:
    """What one reminder of a term is for.

    Attributes:
        kind: of the point of its plan.
    """

    number: str
    recipient: str
    term: str
    kind: str
    due_at: str

    @property
    def reason(self) -> str:
        """What is said."""
        return reason_at(self.kind)


@dataclass
class Visits:
    """The visits that follow replies: those awaited, beside those that people are reminded of.

    Attributes:
        replies: id of each reply's event to the day in Shanghai that it was delivered on.
        awaited: petition to that day, while the visit is not made and the matter not closed.
        planned: petition to the day that the plan of its visit is counted from, while it runs.
    """

    replies: dict[str, str] = field(default_factory=dict)
    awaited: dict[str, str] = field(default_factory=dict)
    planned: dict[str, str] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)

    def take(self, event: CloudEvent) -> None:
        petition_id = event.data.get("petition_id", "")
        if event.type == "reply.delivered.v1":
            self.replies[event.id] = self.awaited[petition_id] = _shanghai_day(event)
        elif event.type in ENDS_MATTER or event.data.get("step") == "visit":
            self.awaited.pop(petition_id, None)
        elif event.data.get("term") != VISIT:
            return
        elif event.type == "reminders.plan_made.v1":
            self.planned[petition_id] = event.data["runs_from"]
            if event.data["why"] == "replied":
                self.causes[event.causationid] = event.data["runs_from"]
        elif event.type == "reminders.plan_dropped.v1":
            self.planned.pop(petition_id, None)

    def wrongs(self) -> Iterator[str]:
        for petition_id in self.awaited.keys() | self.planned.keys():
            awaited, planned = self.awaited.get(petition_id), self.planned.get(petition_id)
            if awaited != planned:
                yield f"visit of {petition_id} is awaited from {awaited}, planned from {planned}"
        for cause, day in self.causes.items():
            if self.replies.get(cause) != day:
                yield f"visit planned from {day} because of {cause}, no reply of that day"


@dataclass
class Reminders:
    """What notify's log says, beside what responsibility's asks for."""

    owed: Counter[Meant] = field(default_factory=Counter)
    owners: dict[str, str] = field(default_factory=dict)
    causes: dict[str, CloudEvent] = field(default_factory=dict)
    planned: dict[str, Meant] = field(default_factory=dict)
    of_terms: dict[str, OfTerm] = field(default_factory=dict)
    falls: Counter[str] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)
    endings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    cancellations: list[CloudEvent] = field(default_factory=list)
    visits: Visits = field(default_factory=Visits)

    def take(self, event: CloudEvent) -> None:
        self.visits.take(event)
        if event.service == "responsibility":
            self._take_cause(event)
        elif event.type == "reminder.planned.v1":
            self.plans[event.data["reminder_id"]] += 1
            self.planned[event.data["reminder_id"]] = _planned(event)
        elif event.type == "reminders.fell_due.v1":
            told = event.data["told"]
            self.of_terms |= {id_: _of_term(event, who) for who, id_ in told.items()}
            self.falls.update(told.values())
        elif event.type in ENDINGS and event.data["reminder_id"] in self.of_terms:
            self.endings[event.data["reminder_id"]].append(event.type)
        elif event.type in ENDINGS:
            self._take_ending(event)

    def wrongs(self) -> Iterator[str]:
        planned = Counter(self.planned.values())
        if planned != self.owed:
            yield f"reminders missing {self.owed - planned}, too many {planned - self.owed}"
        for reminder_id, count in self.plans.items():
            if count > 1:
                yield f"reminder {reminder_id} was planned {count} times"
        for reminder_id, meant in self.planned.items():
            if not self._ended_well(meant, self.endings.get(reminder_id, [])):
                yield f"reminder {reminder_id} {meant} ended as {self.endings.get(reminder_id)}"
        for event in self.cancellations:
            if not self._had_to_be_cancelled(event):
                yield f"nothing led to notify {event.position}, {event.data}"
        yield from self._wrong_of_terms()
        yield from self.visits.wrongs()

    def _wrong_of_terms(self) -> Iterator[str]:
        """Yield what is wrong with the points of plans: each told once, ended once."""
        for reminder_id, count in self.falls.items():
            if count > 1:
                yield f"reminder {reminder_id} fell due {count} times"
        for told, count in Counter(self.of_terms.values()).items():
            if count > 1:
                yield f"{told} has {count} reminders"
        for reminder_id, told in self.of_terms.items():
            if len(self.endings.get(reminder_id, [])) > 1:
                yield f"reminder {reminder_id} {told} ended as {self.endings[reminder_id]}"

    def delivered(self) -> Iterator[str]:
        """Yield the ids of reminders that were delivered, as the log says."""
        return (each for each, endings in self.endings.items() if DELIVERED in endings)

    def _take_cause(self, event: CloudEvent) -> None:
        data = event.data
        if event.type in OWED:
            reason, recipient_of = OWED[event.type]
            recipient = recipient_of(data, self.owners.get(data["petition_id"]))
            if recipient is not None:
                meant = Meant(data["petition_id"], data["number"], reason, recipient, event.id)
                self.owed[meant] += 1
        if event.type in OWNING:
            self.owners[data["petition_id"]] = data["owner"]
        if any(event.type in types for types, _ in CANCELLED_BY.values()):
            self.causes[event.id] = event

    def _take_ending(self, event: CloudEvent) -> None:
        self.endings[event.data["reminder_id"]].append(event.type)
        meant = self.planned.get(event.data["reminder_id"])
        if event.type == CANCELLED:
            self.cancellations.append(event)
        elif meant is not None and meant.reason == "untaken":
            # Whoever was told in vain is told again after a while.
            again = Meant(meant.petition_id, meant.number, "untaken", meant.recipient,
                          event.causationid)  # fmt: skip
            self.owed[again] += 1

    def _ended_well(self, meant: Meant, endings: list[str]) -> bool:
        """Tell whether it ended once; one that waits for an owner may still be planned."""
        waits = meant.reason == "untaken" and meant.petition_id not in self.owners
        return endings in ([DELIVERED], [CANCELLED]) or (waits and not endings)

    def _had_to_be_cancelled(self, event: CloudEvent) -> bool:
        meant = self.planned.get(event.data["reminder_id"])
        cause = self.causes.get(event.causationid)
        if meant is None or cause is None or cause.data["petition_id"] != meant.petition_id:
            return False
        types, concerns = CANCELLED_BY[event.data["reason"]]
        return cause.type in types and concerns(meant, cause.data)


@dataclass
class Told:
    """The file in which recipients are told, read as far as `offset`.

    A reminder is told at least once: who told and ended before that was recorded tells again.
    """

    path: Path
    offset: int = 0
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read_on(self, *, again: bool) -> Iterator[str]:
        """Yield what is wrong with the new lines.

        Args:
            again: whether something happened because of which somebody may be told again.
        """
        for text in self._new():
            line = json.loads(text)
            known = self.lines.setdefault(line["reminder_id"], line)
            if known != line:
                yield f"reminder told as {known} and as {line}"
            elif known is not line and not again:
                yield f"told twice without a reason: {line}"

    def wrongs(self, reminders: Reminders) -> Iterator[str]:
        """Yield where the file differs from the log."""
        for reminder_id in reminders.delivered():
            if reminder_id not in self.lines:
                yield f"reminder {reminder_id} is on record as delivered, nobody was told"
        for reminder_id, line in self.lines.items():
            meant = reminders.planned.get(reminder_id) or reminders.of_terms.get(reminder_id)
            told = line["number"], line["recipient"], line["reason"]
            if meant is None or told != (meant.number, meant.recipient, meant.reason):
                yield f"told {line}, planned was {meant}"

    def _new(self) -> list[bytes]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            new = file.read()
        self.offset += len(new)
        return new.splitlines()


def _of_term(event: CloudEvent, recipient: str) -> OfTerm:
    data = event.data
    return OfTerm(data["number"], recipient, data["term"], data["kind"], data["due_at"])


def _shanghai_day(event: CloudEvent) -> str:
    """Return the day of a reply, as its event says."""
    at = datetime.fromisoformat(event.data["delivered_at"])
    return at.astimezone(SHANGHAI).date().isoformat()


def _head(office: str) -> str:
    return f"office_head:{office}"


def _planned(event: CloudEvent) -> Meant:
    data = event.data
    return Meant(
        data["petition_id"], data["number"], data["reason"], data["recipient"], event.causationid
    )
