"""Use cases of digests: made from the cases as responsibility has them at this moment."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from chassis.eventstore.application import Answer, Provenance, Unit
from services.notify.application import DELIVERER, Notify
from services.notify.application.delivering import Deliveries
from services.notify.application.ports import (
    CasesAway,
    Claimed,
    Held,
    Lane,
    Places,
    Told,
    Way,
)
from services.notify.domain.digest import Digest, Running, hours_for, morning, next_after, weekly
from services.notify.domain.offices import OFFICE_HEAD
from services.notify.domain.planning import SHANGHAI, Hours
from services.notify.domain.preferences import Preferences

DIGESTS: Final = UUID("9d4c3b6e-51f7-5c8a-a2d0-7b1e8f6c4a35")
DIGESTS_AT_ONCE: Final = 20
AGAIN_AFTER: Final = timedelta(minutes=10)


class Cases(Protocol):
    """The cases as responsibility has them."""

    def open_of(self, owner: str) -> Sequence[str]:
        """Return the numbers of the open matters that a leader owns."""

    def running_of(self, owner: str) -> Sequence[Running]:
        """Return the terms that run in the matters of a leader."""

    def running_in(self, office: str) -> Sequence[Running]:
        """Return the terms that run in the matters of an office."""

    def untaken_in(self, office: str) -> Sequence[str]:
        """Return the numbers of what nobody owns yet in an office, the oldest first."""


Listed = tuple[Sequence[str], Sequence[Running]]
Shown = Callable[[Sequence[str], Sequence[Running]], Listed]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try.

    Attributes:
        outcomes: channel to `ok` or a short word on the failure.
        again_at: when what has not arrived may go; None when all of it has.
    """

    outcomes: Mapping[str, str]
    again_at: datetime | None


@dataclass(frozen=True)
class Digests:
    """Digests of today."""

    notify: Notify
    cases: Cases
    deliveries: Deliveries
    places: Places

    def send_due(self) -> int:
        """Send the digests that are due; return how many were looked at."""
        now = self.notify.clock()
        claimed = self.notify.due.claim(
            self.notify.log_of_events, Lane.DIGESTS, now, now + AGAIN_AFTER, DIGESTS_AT_ONCE
        )
        until = now + AGAIN_AFTER
        for each in claimed:
            # The rest is taken on when its lease is over: nobody else does while it is told.
            if self.notify.clock() < now + AGAIN_AFTER / 2:
                self._send(each, until)
        return len(claimed)

    def _send(self, claimed: Claimed, until: datetime) -> None:
        """Send one within its hours; what has not arrived when they end is left out, on record."""
        recipient, now = claimed.petition_id, self.notify.clock()
        preferences = self.notify.find(Preferences, Preferences.create_id(recipient))
        if preferences is None or preferences.digest == "none":
            return
        reach = self.deliveries.ways.of([recipient])[recipient]
        hours, day = hours_for(reach.hours), _day(now)
        first = hours.first_from(now, self.notify.calendar())
        tried = self._try(preferences, reach.ways, day) if first == now else Tried({}, first)
        again_at = self._again_on(day, hours, tried.again_at)
        self._keep(recipient, day, tried.outcomes, again_at)
        if again_at is not None:
            with self.notify.log_of_events.writing() as transaction:
                self.notify.due.give_back(transaction, [claimed.id], until, again_at)

    def _try(self, preferences: Preferences, ways: Sequence[Way], day: date) -> Tried:
        """Tell it over each way that the digest of the day has not gone yet."""
        again_at, done = self.notify.clock() + AGAIN_AFTER, preferences.told_on(day)
        try:
            told = self._message(preferences)
        except CasesAway as away:
            return Tried({"responsibility": away.code}, again_at)
        outcomes: dict[str, str] = {}
        left = [way for way in ways if not way.is_gone(done)]
        for way in left:
            result = self.deliveries.down(way, told)
            if isinstance(result, Held):
                again_at = min(again_at, result.until)
            else:
                outcomes |= {name: outcome.word for name, outcome in result.items()}
        arrived = all(way.is_gone(_delivered(outcomes)) for way in left)
        return Tried(outcomes, None if arrived else again_at)

    def _again_on(self, day: date, hours: Hours, at: datetime | None) -> datetime | None:
        """Return when the digest of a day is tried again; None when it has arrived, or too late."""
        if at is None or _day(at) > day:
            return None
        return at if hours.first_from(at, self.notify.calendar()) == at else None

    def _of(self, preferences: Preferences) -> dict[str, Any]:
        recipient = preferences.recipient
        if preferences.digest == "weekly":
            return self.weekly(recipient.removeprefix(OFFICE_HEAD))
        if not preferences.office:
            return self._morning(recipient, self._without_parties)
        return self.morning(recipient, preferences.office)

    def _message(self, preferences: Preferences) -> Told:
        recipient, digest = preferences.recipient, self._of(preferences)
        return Told(
            reminder_id=str(uuid5(DIGESTS, f"{recipient}/{digest['day']}")),
            number="",
            recipient=recipient,
            reason="digest",
            sentence=digest["text"],
            due_at=self.notify.clock(),
            link=self.deliveries.link_to_all,
        )

    def _keep(
        self, recipient: str, day: date, outcomes: Mapping[str, str], again_at: datetime | None
    ) -> None:
        """Put on record what came of the digest of a day, where that is news."""
        id_, now = Preferences.create_id(recipient), self.notify.clock()

        def decide(unit: Unit) -> Answer:
            found = unit.find(Preferences, id_)
            if found is None or found.digest == "none" or found.last_digest_on == day:
                return {}
            if again_at is None or _delivered(outcomes) - found.told_on(day):
                cause = str(uuid5(id_, f"{day.isoformat()}/{found.version}"))
                unit.attribute(Provenance(DELIVERER, cause, cause))
                next_at = again_at or next_after(found.digest, day, self.notify.calendar())
                found.record_digest(day, outcomes, next_at, now)
            return {}

        self.notify.run(Provenance(DELIVERER, "", ""), decide)

    def morning(self, leader: str, *onlooker: str) -> dict[str, Any]:
        """Return the morning digest of a leader, as he and an onlooker are shown it."""
        return self._morning(leader, partial(self._shown, (leader, *onlooker)))

    def _morning(self, leader: str, shown: Shown) -> dict[str, Any]:
        owned, running = shown(self.cases.open_of(leader), self.cases.running_of(leader))
        return self._told(morning(len(owned), running, self._today(), self.notify.calendar()))

    def weekly(self, office: str, *onlooker: str) -> dict[str, Any]:
        """Return the weekly digest of an office, as its people and an onlooker are shown it."""
        untaken, running = self.cases.untaken_in(office), self.cases.running_in(office)
        untaken, running = self._shown((office, *onlooker), untaken, running)
        return self._told(weekly(untaken, running, self._today(), self.notify.calendar()))

    def _shown(
        self, onlooker: Sequence[str], numbers: Sequence[str], running: Sequence[Running]
    ) -> Listed:
        """Leave out what is sealed, and to which one of those who look is a party."""
        log = self.notify.log_of_events
        kept = self.places.kept_from(log, onlooker, _numbers(numbers, running))
        return _but(kept, numbers, running)

    def _without_parties(self, numbers: Sequence[str], running: Sequence[Running]) -> Listed:
        """Leave out what is sealed and has parties: his office is not known, and may be one."""
        log = self.notify.log_of_events
        return _but(self.places.with_parties(log, _numbers(numbers, running)), numbers, running)

    def _today(self) -> date:
        return _day(self.notify.clock())

    def _told(self, digest: Digest) -> dict[str, Any]:
        return {
            "day": self._today().isoformat(),
            "title": digest.title,
            "text": digest.text(),
            "markdown": digest.markdown(),
        }


def _numbers(numbers: Sequence[str], running: Sequence[Running]) -> set[str]:
    return {*numbers, *(each.number for each in running)}


def _but(kept: Collection[str], numbers: Sequence[str], running: Sequence[Running]) -> Listed:
    """Return what is listed without the matters that are kept from whoever looks."""
    shown = [number for number in numbers if number not in kept]
    return shown, [each for each in running if each.number not in kept]


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _delivered(outcomes: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name, word in outcomes.items() if word == "ok")
