"""Delivers what is due: over each way of each recipient, and takes down what came of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid5

import structlog

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.transaction import Writing
from services.notify.application import DELIVERER, LEASE, Notify, newest
from services.notify.application.ports import (
    Channel,
    Held,
    Lane,
    Outcome,
    Pace,
    Reach,
    Told,
    Way,
    Ways,
)
from services.notify.application.wording import gathered, sentence_of
from services.notify.domain.calendars import CALENDARS, Calendars
from services.notify.domain.policy import retry_after
from services.notify.domain.reminder import Reminder
from services.notify.domain.reminders import PetitionReminders

DUE_PAGE: Final = 500
ROUND_MAX: Final = timedelta(seconds=2)
# So many reminders of one recipient go into one message, where the way allows that.
GATHERED_FROM: Final = 3
# So long an endpoint that is best is waited for, rather than the next one taken.
PATIENCE: Final = timedelta(minutes=5)
# By so much of itself a pause is longer at most: what failed together is not tried together.
JITTER: Final = 0.2

log = structlog.get_logger(__name__)


@dataclass
class Errand:
    """One reminder on its way.

    Attributes:
        attempt: number of the round, from 1.
        ways: that it has to go.
        outcomes: channel to what came of it, in this round.
        wait: for how long all channels of a way that failed ask to be left alone.
        held_until: when a way that was not gone may be.
    """

    stream: UUID
    number: str
    reminder: Reminder
    attempt: int
    ways: Sequence[Way] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    wait: timedelta = timedelta(0)
    held_until: datetime | None = None

    @property
    def id(self) -> str:
        """The reminder's."""
        return self.reminder.reminder_id

    @property
    def complete(self) -> bool:
        """Whether it has been delivered over every way."""
        return not any(map(self.has_to_go, self.ways))

    def has_to_go(self, way: Way) -> bool:
        """Tell whether it was delivered over none of the channels of a way."""
        now = {name for name, outcome in self.outcomes.items() if outcome.ok}
        return not way.is_gone(self.reminder.done | now)

    def take(self, result: "Mapping[str, Outcome] | Held") -> None:
        """Keep what came of a way."""
        if isinstance(result, Held):
            self.held_until = max(result.until, self.held_until or result.until)
            return
        self.outcomes |= result
        if not any(outcome.ok for outcome in result.values()):
            least = min((outcome.wait for outcome in result.values()), default=timedelta(0))
            self.wait = max(self.wait, least)


@dataclass
class Hold:
    """What a round has taken on, and nobody else has meanwhile.

    Attributes:
        until: when others may take it on.
    """

    notify: Notify
    ids: frozenset[str]
    until: datetime

    def keep(self) -> None:
        """Renew it once half of it is over: a call takes half of it at most."""
        now = self.notify.clock()
        if self.until - now > LEASE / 2:
            return
        due, log = self.notify.due, self.notify.log_of_events
        self.ids = due.renew(log, self.ids, self.until, now + LEASE)
        self.until = now + LEASE

    def has(self, errand: Errand) -> bool:
        """Tell whether something may be told, now that it is held for a call longer."""
        self.keep()
        return errand.id in self.ids


@dataclass(frozen=True)
class Deliveries:
    """Delivers reminders.

    Attributes:
        chance: returns a number from 0 up to 1.
        link: address of a petition, with `{number}`; empty for none.
        link_to_all: address of what waits for somebody; empty for none.
    """

    notify: Notify
    ways: Ways
    pace: Pace
    chance: Callable[[], float]
    link: str = ""
    link_to_all: str = ""

    def deliver_due(self) -> int:
        """Deliver what is due; return how many reminders were attempted.

        What was told in one round is recorded in one append. Whatever was told and not recorded,
        because the process ended in between, is told again under the same id.
        """
        now = self.notify.clock()
        due, log = self.notify.due, self.notify.log_of_events
        claimed = [
            each
            for lane in (Lane.NEWS, Lane.TERMS)
            for each in due.claim(log, lane, now, now + LEASE, DUE_PAGE)
        ]
        if not claimed:
            return 0
        streams = {each.id: PetitionReminders.create_id(each.petition_id) for each in claimed}
        known = self.notify.load(list(dict.fromkeys(streams.values())))
        errands = list(_errands(streams, known))
        hold = Hold(self.notify, frozenset(streams), now + LEASE)
        gone = self._go(errands, hold, self.notify.clock() + ROUND_MAX)
        attempted = [errand for errand in gone if errand.outcomes]

        def decide(unit: Unit) -> Answer:
            # As they were when people were told; where others wrote meanwhile, they are read anew.
            unit.take(known)
            known.clear()
            unit.load([CALENDARS, *(errand.stream for errand in attempted)])
            for errand in attempted:
                self._keep(unit, errand)
            unit.writing.append(partial(self._settle, hold=hold, errands=errands, now=now))
            return {}

        self.notify.run(Provenance(DELIVERER, "", ""), decide)
        return len(attempted)

    def _go(self, errands: Sequence[Errand], hold: Hold, ends: datetime) -> list[Errand]:
        """Go one after the other, for as long as a round may take; return those that went.

        Somebody is told in every round, however long it took to get so far: else nobody ever were.
        """
        reach = self.ways.of({errand.reminder.recipient for errand in errands})
        gone: list[Errand] = []
        for recipient, own in _by_recipient(errands).items():
            if gone and self.notify.clock() > ends:
                break
            self._go_to(reach[recipient], own, hold, ends)
            gone += own
        return gone

    def _go_to(self, reach: Reach, errands: Sequence[Errand], hold: Hold, ends: datetime) -> None:
        now = self.notify.clock()
        first = reach.hours.first_from(now, self.notify.calendar()) if reach.hours else now
        for errand in errands:
            errand.ways = reach.ways
            if first > now:
                errand.take(Held(first, broken=False))
        if first > now:
            return
        for way in reach.ways:
            left = [each for each in errands if each.has_to_go(way) and hold.has(each)]
            self._go_way(way, left, hold, ends)

    def _go_way(self, way: Way, errands: Sequence[Errand], hold: Hold, ends: datetime) -> None:
        if way.gathers and len(errands) >= GATHERED_FROM:
            told = [self._told(errand) for errand in errands]
            result = self.down(
                way, gathered(told, self.link_to_all), lambda: all(map(hold.has, errands))
            )
            for errand in errands:
                errand.take(result)
            return
        for place, errand in enumerate(errands):
            if place and self.notify.clock() > ends:
                errand.take(Held(self.notify.clock(), broken=False))
            else:
                errand.take(self.down(way, self._told(errand), partial(hold.has, errand)))

    def down(
        self, way: Way, told: Told, may_go_on: Callable[[], bool] = lambda: True
    ) -> Mapping[str, Outcome] | Held:
        """Try the channels of a way, the best first, until one delivers.

        An endpoint that takes no more just now is waited for; one that is broken, or wants to be
        left alone for long, is passed over.

        Args:
            may_go_on: asked before each call; else somebody else is at it.
        """
        outcomes: dict[str, Outcome] = {}
        held: Held | None = None
        for channel in way.channels:
            if not may_go_on():
                break
            now = self.notify.clock()
            stopped = self.pace.admit(channel, now)
            if stopped is None:
                outcomes[channel.name] = outcome = attempt(channel, told)
                self.pace.note(channel, outcome, self.notify.clock())
                if outcome.ok:
                    break
                continue
            held = min(filter(None, (held, stopped)), key=lambda each: each.until)
            if not stopped.broken and stopped.until <= now + PATIENCE:
                break
        return outcomes if outcomes or held is None else held

    def _keep(self, unit: Unit, errand: Errand) -> None:
        found = unit.find(PetitionReminders, errand.stream)
        if found is None:
            return
        attempt, now = errand.attempt, self.notify.clock()
        cause = str(uuid5(errand.stream, f"{errand.id}/{attempt}"))
        unit.attribute(Provenance(DELIVERER, cause, cause))
        found.record_attempts(
            errand.id,
            attempt,
            {name: outcome.word for name, outcome in errand.outcomes.items()},
            self._again_at(errand, attempt, now),
            self.notify.untaken_after,
            newest(unit.find(Calendars, CALENDARS)),
            now,
            complete=errand.complete,
        )

    def _again_at(self, errand: Errand, attempt: int, now: datetime) -> datetime:
        pause = retry_after(attempt) * (1 + JITTER * self.chance())
        return max(now + max(pause, errand.wait), errand.held_until or now)

    def _settle(
        self, transaction: Writing, hold: Hold, errands: Sequence[Errand], now: datetime
    ) -> None:
        """Let everything go but what is held back; that keeps its place until then."""
        held = {
            errand.id: errand.held_until
            for errand in errands
            if not errand.outcomes and errand.held_until and errand.held_until > now
        }
        due, until = self.notify.due, hold.until
        due.release(transaction, [id_ for id_ in hold.ids if id_ not in held], until)
        for id_, at in held.items():
            due.give_back(transaction, [id_], until, at)

    def _told(self, errand: Errand) -> Told:
        reminder = errand.reminder
        return Told(
            reminder_id=reminder.reminder_id,
            number=errand.number,
            recipient=reminder.recipient,
            reason=reminder.reason,
            sentence=sentence_of(errand.number, reminder),
            due_at=reminder.due_at,
            term=reminder.point.term if reminder.point else "",
            link=self.link.format(number=errand.number),
        )


def attempt(channel: Channel, told: Told) -> Outcome:
    """Tell over a channel; whatever it dies of is an outcome of this one message.

    What somebody states about himself goes into libraries of others. What these make of it must
    not end the round, in which everybody else is told.
    """
    try:
        return channel.tell(told)
    except Exception as fault:  # noqa: BLE001 - on record as the outcome of the attempt
        log.warning("channel_failed", channel=channel.name, reason=type(fault).__name__)
        return Outcome(type(fault).__name__)


def _errands(streams: Mapping[str, UUID], known: Mapping[UUID, object]) -> Iterator[Errand]:
    """Yield what there is to tell.

    Args:
        streams: reminder id to where it is on record.
    """
    for reminder_id, stream in streams.items():
        reminders = known[stream]
        if not isinstance(reminders, PetitionReminders):
            continue
        reminder = reminders.reminders.get(reminder_id)
        if reminder is not None and reminder.state == "planned":
            yield Errand(stream, reminders.number, reminder, reminder.attempts + 1)


def _by_recipient(errands: Sequence[Errand]) -> dict[str, list[Errand]]:
    """Return recipient to errands, whose oldest comes first."""
    own: dict[str, list[Errand]] = {}
    for errand in errands:
        own.setdefault(errand.reminder.recipient, []).append(errand)
    return own
