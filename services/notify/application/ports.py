"""What the use cases of notify need from outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions, Writing


@dataclass(frozen=True, slots=True)
class Told:
    """What a recipient is told. No personal data.

    Attributes:
        reminder_id: the same at every attempt, so that a receiver can tell repetitions.
    """

    reminder_id: str
    number: str
    recipient: str
    reason: str
    sentence: str
    due_at: datetime


class Channel(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """Name of the channel in the record."""

    def tell(self, told: Told) -> str:
        """Deliver, and return `ok` or a short word on the failure."""


class Lane(IntEnum):
    """What waits in the due queue; each kind is taken on by itself, so none waits for another."""

    REMINDERS = 0
    PLANS = 1


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken on: a reminder, or the plan of a term, of a petition."""

    id: str
    petition_id: str


class Due(Protocol):
    """What falls due when."""

    def claim(
        self, log: EventLog, lane: Lane, now: datetime, until: datetime, limit: int
    ) -> Sequence[Claimed]:
        """Take on what is due, the longest due first; until then nobody else does."""

    def give_back(self, transaction: Writing, ids: Iterable[str], at: datetime) -> None:
        """Let what was taken on fall due at another time."""

    def remove(self, transaction: Writing, ids: Iterable[str]) -> None:
        """Take out that with which there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reminder is on record."""

    petition_id: str
    recipient: str


class Places(Protocol):
    """Finds reminders by their ids."""

    def place_of(self, questions: Questions, reminder_id: str) -> Place | None:
        """Return where a reminder is on record; None when there is none."""
