"""How somebody wants to be told: over what, when, and who is told beside him while he is away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from services.notify.domain.planning import SHANGHAI, Hours

PREFERENCES: Final = UUID("7e9a4c15-2b6f-5d0c-8f3e-1a5d7b9c0e42")


@dataclass(frozen=True, slots=True)
class Deputy:
    """Somebody who is told too, from the first day to the last, both included."""

    recipient: str
    first_day: date
    last_day: date

    def stands_in(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


class Preferences(Aggregate):
    """The preferences of one recipient. Where he is reached stands in no fact, only by what.

    Attributes:
        digest: none, morning or weekly.
        last_digest_on: the day of the last digest that is over; None before the first.
        digest_told: the day of the last digest that was told, to the channels that delivered it.
        office: whose he was when he last stated them himself; empty where that is not known.
    """

    TOPIC = "preferences.v1"

    class Event(Aggregate.Event):
        recipient: str

    class Stated(Event, Aggregate.Created):
        TOPIC = "preferences.stated.v1"
        channels: list[str]
        hours: dict[str, Any] | None
        deputies: list[dict[str, str]]
        digest: str
        digest_at: datetime | None
        office: str = ""

    Created = Stated

    class Changed(Event):
        TOPIC = "preferences.changed.v1"
        channels: list[str]
        hours: dict[str, Any] | None
        deputies: list[dict[str, str]]
        digest: str
        digest_at: datetime | None
        office: str = ""

    class DigestSent(Event):
        TOPIC = "digest.sent.v1"
        digest: str
        day: str
        outcomes: dict[str, str]
        digest_at: datetime | None

    @staticmethod
    def create_id(recipient: str) -> UUID:
        return uuid5(PREFERENCES, recipient)

    @event(Stated)
    def __init__(
        self,
        timestamp: datetime,
        recipient: str,
        channels: list[str],
        hours: dict[str, Any] | None,
        deputies: list[dict[str, str]],
        digest: str,
        digest_at: datetime | None,
        office: str = "",
    ) -> None:
        self.recipient = recipient
        self.last_digest_on: date | None = None
        self.digest_told: dict[str, list[str]] = {}
        self.office = office
        self._take(channels, hours, deputies, digest)

    def change(self, at: datetime, **stated: Any) -> None:
        """State them anew, all of them."""
        self._record_change(timestamp=at, recipient=self.recipient, **stated)

    def record_digest(
        self, day: date, outcomes: Mapping[str, str], next_at: datetime | None, at: datetime
    ) -> None:
        """Record what came of the digest of a day, and when that or the next is due."""
        self._record_digest(
            timestamp=at,
            recipient=self.recipient,
            digest=self.digest,
            day=day.isoformat(),
            outcomes=dict(outcomes),
            digest_at=next_at,
        )

    def told_on(self, day: date) -> frozenset[str]:
        """Return the channels that delivered the digest of a day."""
        return frozenset(self.digest_told.get(day.isoformat(), ()))

    def deputies_on(self, day: date) -> list[str]:
        """Return who is told too on a day in Shanghai."""
        return [deputy.recipient for deputy in self.deputies if deputy.stands_in(day)]

    @event(Changed)
    def _record_change(
        self,
        timestamp: datetime,
        recipient: str,
        channels: list[str],
        hours: dict[str, Any] | None,
        deputies: list[dict[str, str]],
        digest: str,
        digest_at: datetime | None,
        office: str = "",
    ) -> None:
        self.office = office or self.office
        self._take(channels, hours, deputies, digest)

    @event(DigestSent)
    def _record_digest(
        self,
        timestamp: datetime,
        recipient: str,
        digest: str,
        day: str,
        outcomes: dict[str, str],
        digest_at: datetime | None,
    ) -> None:
        delivered = [name for name, outcome in outcomes.items() if outcome == "ok"]
        self.digest_told = {day: [*self.digest_told.get(day, ()), *delivered]}
        if digest_at is None or digest_at.astimezone(SHANGHAI).date().isoformat() > day:
            self.last_digest_on = date.fromisoformat(day)

    def _take(
        self,
        channels: list[str],
        hours: dict[str, Any] | None,
        deputies: list[dict[str, str]],
        digest: str,
    ) -> None:
        self.channels = channels
        self.digest = digest
        self.hours = hours_told(hours) if hours else None
        self.deputies = [
            Deputy(
                each["recipient"],
                date.fromisoformat(each["first_day"]),
                date.fromisoformat(each["last_day"]),
            )
            for each in deputies
        ]


def hours_told(told: dict[str, Any]) -> Hours:
    """Return the hours that a fact tells of."""
    begins, ends = time.fromisoformat(told["begins"]), time.fromisoformat(told["ends"])
    return Hours(begins, ends, told["workdays_only"])
