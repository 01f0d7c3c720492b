"""One thing that one person is told, what it is about, and where it comes from."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

OWNS: Final = "ownership_taken"
UNTAKEN: Final = "untaken"
RECUSAL_DUE: Final = "recusal_due"
REPLACEMENT_DUE: Final = "replacement_due"
SPLIT: Final = "split"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a reminder is about: its id tells one from another, not its time.

    After a clock was set back many facts in a row are recorded at one instant.

    Attributes:
        id: of the event that tells of it.
        at: when that was recorded.
    """

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the plan of a term.

    Attributes:
        kind: start, half, workdays_5, day_1, due, late_1 and the like.
        due_on: last day of the term.
    """

    term: str
    kind: str
    due_on: date


@dataclass
class Reminder:
    """One thing that one person is told.

    Attributes:
        recipient: staff number, or `office_head:<office>`.
        state: planned, delivered, acknowledged, cancelled or given_up.
        given_up_at: how many rounds of attempts were made when it was last given up.
        done: channels over which it has been delivered.
        point: of the plan of a term, where it comes from one.
        tried_from: when it was first tried, or first since it was given up.
        beside: whose deputy he was told as; empty where it is his own.
        day: in Shanghai on which he was to be told of a point.
        told_on: days on which it was delivered over a channel.
    """

    reminder_id: str
    recipient: str
    reason: str
    due_at: datetime
    state: str = "planned"
    attempts: int = 0
    done: set[str] = field(default_factory=set)
    point: Point | None = None
    given_up_at: int = 0
    tried_from: datetime | None = None
    beside: str = ""
    day: date | None = None
    told_on: set[date] = field(default_factory=set)
