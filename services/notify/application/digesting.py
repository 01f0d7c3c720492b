"""Use cases of digests: made from the cases as responsibility has them at this moment."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from chassis.eventstore.application import Answer, Provenance, Unit
from services.notify.application import DELIVERER, Notify
from services.notify.application.delivering import Deliveries
from services.notify.application.ports import CasesAway, Held, Lane, Places, Told
from services.notify.domain.digest import Digest, Running, morning, next_after, weekly
from services.notify.domain.offices import OFFICE_HEAD
from services.notify.domain.planning import SHANGHAI
from services.notify.domain.preferences import Preferences

DIGESTS: Final = UUID("9d4c3b6e-51f7-5c8a-a2d0-7b1e8f6c4a35")
DIGESTS_AT_ONCE: Final = 20
AGAIN_AFTER: Final = timedelta(minutes=10)
NOON: Final = time(12)


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
        for each in claimed:
            self._send(each.petition_id, now)
        return len(claimed)

    def _send(self, recipient: str, now: datetime) -> None:
        """Send one; what could not be sent by noon is left out, and on record as such.

        It is tried again when its lease is over.
        """
        preferences = self.notify.find(Preferences, Preferences.create_id(recipient))
        if preferences is None or preferences.digest == "none":
            return
        local = now.astimezone(SHANGHAI)
        try:
            told = self._of(preferences)
        except CasesAway as away:
            outcomes = {"responsibility": away.code}
        else:
            outcomes = self._tell(recipient, told)
        if "ok" in outcomes.values() or local.time() >= NOON:
            self._keep(recipient, outcomes, now)

    def _of(self, preferences: Preferences) -> dict[str, Any]:
        recipient = preferences.recipient
        if preferences.digest == "weekly":
            return self.weekly(recipient.removeprefix(OFFICE_HEAD))
        if not preferences.office:
            return self._morning(recipient, self._without_parties)
        return self.morning(recipient, preferences.office)

    def _tell(self, recipient: str, digest: dict[str, Any]) -> dict[str, str]:
        told = Told(
            reminder_id=str(uuid5(DIGESTS, f"{recipient}/{digest['day']}")),
            number="",
            recipient=recipient,
            reason="digest",
            sentence=digest["text"],
            due_at=self.notify.clock(),
        )
        words: dict[str, str] = {}
        for way in self.deliveries.ways.of([recipient])[recipient].ways:
            result = self.deliveries.down(way, told)
            if not isinstance(result, Held):
                words |= {name: outcome.word for name, outcome in result.items()}
        return words

    def _keep(self, recipient: str, outcomes: dict[str, str], now: datetime) -> None:
        day = now.astimezone(SHANGHAI).date()
        id_ = Preferences.create_id(recipient)

        def decide(unit: Unit) -> Answer:
            found = unit.find(Preferences, id_)
            if found is not None and found.last_digest_on != day:
                next_at = next_after(found.digest, day, self.notify.calendar())
                found.record_digest(day, outcomes, next_at, now)
            return {}

        cause = str(uuid5(id_, day.isoformat()))
        self.notify.run(Provenance(DELIVERER, cause, cause), decide)

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
        return self.notify.clock().astimezone(SHANGHAI).date()

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
