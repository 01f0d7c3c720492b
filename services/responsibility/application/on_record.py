"""The matters as the record has them: where a number leads, and what intake tells of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    TooBusy,
    Unit,
)
from chassis.eventstore.commands import Command
from chassis.eventstore.gathering import Gathering
from chassis.jurisdiction import Actor
from services.responsibility.application.ports import Arrivals, MatterIndex
from services.responsibility.application.steps import (
    correct_receipt,
    follow_class,
    has_ended,
    look_for_replacement,
    withdraw_course,
)
from services.responsibility.domain.evidence import (
    DutyLine,
    Joining,
    Matter,
    MatterCorrection,
    Registration,
    Withdrawal,
)
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import (
    CHANNELS_WITH_RECEPTION,
    CLOCK_TOLERANCE,
    day_of,
    receipt_of,
)
from services.responsibility.domain.refusals import (
    Hidden,
    InTheFuture,
    PetitionUnknown,
)
from services.responsibility.domain.roster import RosterLine, roster_line_id
from services.responsibility.domain.workdays import PUBLISHED_CALENDARS, PublishedCalendars
from statute.parties import Parties
from statute.workdays import WorkCalendar, shipped_calendars

NUMBERS_KEPT = 100_000
LOOKED_UP_AGAIN = 5
ARRIVES_WITHIN_S = 0.2
# Who waits keeps a worker, and a number that nobody knows never arrives.
WAITING_MAX = 8
CALENDAR_KEPT_S = 30.0


class MattersOnRecord(EventSourcedApplication):
    """Loads matters, and takes in what intake tells of them."""

    def __init__(
        self,
        env: EnvType,
        clock: Callable[[], datetime],
        read_models: Sequence[ReadModel],
        matters: MatterIndex,
        arrivals: Arrivals,
    ) -> None:
        self._matters = matters
        self._arrivals = arrivals
        self._leads_to: dict[str, Matter] = {}
        self._waiting = 0
        self._calendars: Sequence[WorkCalendar] = shipped_calendars()
        self._calendar_looked_at = -CALENDAR_KEPT_S
        # Each commit wakes all who wait for a number, and all of them ask.
        self._looking_up: Gathering[str, Matter | None] = Gathering(self._look_up)
        super().__init__(env, clock, read_models)

    def calendar(self) -> WorkCalendar:
        """Return the calendar of working days in use: the one that knows the most days.

        What another process imported is seen within half a minute; terms that were counted by the
        older calendar meanwhile are provisional, and counted again.
        """
        if monotonic() > self._calendar_looked_at + CALENDAR_KEPT_S:
            self.look_for_calendar()
        return self._calendars[-1]

    def calendars(self) -> Sequence[WorkCalendar]:
        """Return all calendars that terms were counted by, the one in use last."""
        self.calendar()
        return self._calendars

    def look_for_calendar(self) -> None:
        """Look for imported calendars now."""
        self._calendar_looked_at = monotonic()
        published = self.find(PublishedCalendars, PUBLISHED_CALENDARS)
        imported = published.calendars if published is not None else []
        # Of two that know as much the one imported later is in use: sorting keeps their order.
        known = [*shipped_calendars(), *imported]
        self._calendars = sorted(known, key=lambda each: each.last)

    # What intake tells

    def open_matter(self, unit: Unit, registration: Registration) -> None:
        """Take in a registered petition: a new matter, or a repeat that joins its original.

        Nothing happens when it is known, so it may come early, late and twice.
        """
        ownership = self._joined(unit, registration)
        if ownership is None:
            return
        ownership.keep_out(registration.kept_out, registration.registered_at)
        if registration.kept_out:
            look_for_replacement(unit, ownership, registration.registered_at)
        line = self.duty_for(unit, registration)
        if line is not None:
            at, number = registration.registered_at, registration.number
            ownership.take_by_roster(line, registration.office, at, number)

    @staticmethod
    def needed_for(registration: Registration) -> list[UUID]:
        """Return the ids of the aggregates that `open_matter` asks for."""
        day = day_of(registration.registered_at)
        others = [registration.repeats, registration.named] if registration.repeats else []
        of = dict.fromkeys((*filter(None, others), registration.petition_id))
        ids = [Ownership.create_id(each) for each in of]
        return [*ids, roster_line_id(registration.office, day)]

    def _joined(self, unit: Unit, registration: Registration) -> Ownership | None:
        """Return the ownership that the petition is now part of, None when it was so before."""
        if registration.repeats is None:
            return self.await_owner(unit, registration, self.duty_for(unit, registration))
        known = self.trace(unit, registration.repeats, registration.number)[-1]
        if registration.number in known.numbers or self.stands_alone(unit, registration):
            return None
        ownership = self.holder(unit, registration.repeats, registration)
        ownership.join_repeat(
            registration.petition_id,
            registration.number,
            registration.office,
            registration.registered_at,
            named_number=registration.named_number,
            petition_class=registration.petition_class,
            channel=registration.channel,
            ended=has_ended(unit, ownership),
        )
        follow_class(unit, ownership, registration.registered_at, self.calendar())
        return ownership

    def holder(self, unit: Unit, repeats: str, repeat: Registration | Joining) -> Ownership:
        """Return the ownership that holds the petition which another repeats, by now.

        Args:
            repeats: petition_id of the first petition of the matter that it was of.
        """
        if repeat.named and unit.find(Ownership, Ownership.create_id(repeat.named)) is not None:
            return self.trace(unit, repeat.named, repeat.named_number)[-1]
        return self.trace(unit, repeats, repeat.named_number)[-1]

    @staticmethod
    def stands_alone(unit: Unit, registration: Registration) -> bool:
        """Tell whether a petition that was registered as a repeat has an ownership of its own."""
        return unit.find(Ownership, Ownership.create_id(registration.petition_id)) is not None

    def trace(self, unit: Unit, petition_id: str, number: str) -> list[Ownership]:
        """Return the ownerships from one of them to the one that a number leads to, by the record.

        Each knows what it is part of, and with which petition a number has left it.
        """
        passed = {petition_id: self.ownership(unit, petition_id)}
        while (onwards := passed[petition_id].led_on(number)) and onwards not in passed:
            petition_id = onwards
            passed[petition_id] = self.ownership(unit, petition_id)
        return list(passed.values())

    def whole(self, unit: Unit, ownership: Ownership) -> Ownership:
        """Return the ownership that one is part of, by now; itself where it is merged into none."""
        return self.trace(unit, ownership.petition_id, ownership.number)[-1]

    def led_to(self, unit: Unit, number: str) -> Ownership:
        """Return the ownership that a number leads to, by the record.

        What this process remembers may be from before a merging or a splitting; each ownership
        knows its numbers, so that this shows.

        Raises:
            PetitionUnknown: there is no such petition.
        """
        for _ in range(LOOKED_UP_AGAIN):
            ownership = self.whole(unit, self.ownership(unit, self.matter(number).petition_id))
            if number in ownership.numbers:
                return ownership
            self._leads_to.pop(number, None)
            unit.forget(ownership.id)
        raise TooBusy(f"{number} is being merged or split")

    @staticmethod
    def await_owner(
        unit: Unit, registration: Registration, line: DutyLine | None
    ) -> Ownership | None:
        id_ = Ownership.create_id(registration.petition_id)
        if unit.find(Ownership, id_) is not None:
            return None
        ownership = Ownership._create(  # noqa: SLF001 - the library's way to pass the time in
            Ownership.Awaited,
            id=id_,
            timestamp=registration.registered_at,
            petition_id=registration.petition_id,
            number=registration.number,
            office=registration.office,
            channel=registration.channel,
            petition_class=registration.petition_class,
            awaits=_awaits(registration, line),
            roster_passed_over=_passed_over(registration, line),
            received_at=registration.received_at,
        )
        unit.add(ownership)
        return ownership

    @staticmethod
    def duty_for(
        unit: Unit, registration: Registration, as_of: datetime | None = None
    ) -> DutyLine | None:
        """Return who is on duty for a petition that nobody stands before, as the record has it.

        Args:
            as_of: or as it had it at an instant.
        """
        if registration.channel in CHANNELS_WITH_RECEPTION:
            return None
        day = day_of(registration.registered_at)
        line = unit.find(RosterLine, roster_line_id(registration.office, day))
        return line.on_duty(as_of) if line else None

    @staticmethod
    def ownership(unit: Unit, petition_id: str) -> Ownership:
        ownership = unit.find(Ownership, Ownership.create_id(petition_id))
        if ownership is None:
            raise PetitionUnknown(petition_id="no such matter")
        return ownership

    def name_parties(
        self,
        unit: Unit,
        petition_id: str,
        marks: Sequence[str],
        at: datetime,
        *,
        number: str = "",
    ) -> None:
        """Keep parties out who became known after registration.

        Args:
            petition_id: of a matter that the petition with this number was of.
        """
        ownership = self.trace(unit, petition_id, number)[-1]
        ownership.keep_out(marks, at)
        look_for_replacement(unit, ownership, at)

    def correct_matter(
        self, unit: Unit, petition_id: str, correction: MatterCorrection, at: datetime
    ) -> None:
        """Follow a correction: the course goes on as that of the class, the first step as due."""
        ownership = self.trace(unit, petition_id, correction.number)[-1]
        ownership.correct(correction, at)
        follow_class(unit, ownership, at, self.calendar())
        self._correct_receipt(unit, correction, at)

    def _correct_receipt(self, unit: Unit, correction: MatterCorrection, at: datetime) -> None:
        """Follow when a petition was received; a repeat that never was a matter has no term."""
        own = unit.find(Ownership, Ownership.create_id(correction.petition_id))
        if own is None:
            return
        stated = (correction.raised_at, own.registered_at, correction.came_at)
        received_at = receipt_of(own.channel, *stated)
        if received_at is not None:
            correct_receipt(unit, own, received_at, at, self.calendar())

    def receive_withdrawal(
        self, unit: Unit, petition_id: str, withdrawal: Withdrawal, at: datetime
    ) -> None:
        """Take in that a petitioner withdrew; with the last of its petitions a matter is withdrawn.

        What is closed, or at its end, stays so; the withdrawal is on record.
        """
        ownership = self.trace(unit, petition_id, withdrawal.number)[-1]
        whole = ownership.receive_withdrawal(withdrawal.number, withdrawal.ground, at)
        if whole and ownership.closed_at is None:
            withdraw_course(unit, ownership, withdrawal, at, self.calendar())

    # Where a number leads

    def matter(self, number: str) -> Matter:
        matter = self._arriving(number, self._known)
        if matter is None:
            self._take_in(number)
            matter = self._known(number)
        if matter is None:
            raise PetitionUnknown(number=number)
        return matter

    def _arriving(self, number: str, known: Callable[[str], Matter | None]) -> Matter | None:
        """Wait for the event, which is on its way as a rule: to fetch what it brings costs more."""
        within_s = ARRIVES_WITHIN_S if self._waiting < WAITING_MAX else 0.0
        self._waiting += 1
        try:
            return self.awaited(lambda: known(number), within_s)
        finally:
            self._waiting -= 1

    def _known(self, number: str) -> Matter | None:
        """Return where a number leads, or led when this process looked last; see `led_to`."""
        if number in self._leads_to:
            return self._leads_to[number]
        matter = self._looking_up.run(number)
        if matter is not None:
            if len(self._leads_to) >= NUMBERS_KEPT:
                self._leads_to.clear()
            self._leads_to[number] = matter
        return matter

    def matters_of(self, numbers: Sequence[str]) -> Mapping[str, Matter]:
        """Return where numbers lead, of those that are known here."""
        return self._matters.find(self.log_of_events, numbers) if numbers else {}

    def _look_up(self, numbers: Sequence[str]) -> list[Matter | None]:
        found = self.matters_of(numbers)
        return [found.get(number) for number in numbers]

    def _take_in(self, number: str) -> None:
        """Take in what intake has acknowledged and its events have not brought yet."""
        for registration, provenance in self._arrivals.fetch(number):
            if self._known(registration.number) is None:
                self._take_in_one(registration, provenance)

    def _take_in_one(self, registration: Registration, provenance: Provenance) -> None:
        def decide(unit: Unit) -> Answer:
            self.open_matter(unit, registration)
            return {}

        self.run(provenance, decide)

    def asking(self, actor: Actor) -> Unit:
        """Return a unit that only looks: nothing of it is ever written."""
        return Unit(self, Provenance(actor.subject, actor.correlation_id, ""))

    def led_to_as_of(self, number: str, as_of: datetime) -> str | None:
        """Return the petition_id that a number led to at an instant; None if it does so still."""
        return self._matters.moved_since(self.log_of_events, number, as_of)

    def load_as_of(self, ids: Sequence[UUID], as_of: datetime | None) -> dict[UUID, Any]:
        """Return aggregates as they are on record, or were when the record had got to an instant.

        None stands for those that do not exist, or did not.
        """
        found: dict[UUID, Any] = dict.fromkeys(ids)
        for recorded in self.log_of_events.select_recorded_of(*ids):
            if as_of is None or recorded.recorded_at <= as_of:
                event: Any = self.mapper.to_domain_event(recorded)
                found[event.originator_id] = event.mutate(found[event.originator_id])
        return found

    # How a command is carried out

    def decide_on(
        self, number: str, matter: Matter, command: Command, decide: Callable[[Unit], Answer]
    ) -> Answer:
        """Carry out a command on a matter; those of this process take turns at it."""
        stream = Ownership.create_id(matter.petition_id)
        with self.as_if_unknown(number):
            return self.run(command.provenance, decide, command.key, stream)

    @contextmanager
    def as_if_unknown(self, number: str) -> Iterator[None]:
        """Let what is hidden be refused no sooner than what is not there: the time would tell."""
        try:
            yield
        except Hidden:
            self._arriving(number, lambda _number: None)
            self._arrivals.fetch(number)
            raise PetitionUnknown(number=number) from None

    def check_past(self, **stated: datetime | None) -> None:
        for name, at in stated.items():
            if at is not None and at > self.clock() + CLOCK_TOLERANCE:
                raise InTheFuture(**{name: "lies in the future"})


def _awaits(registration: Registration, line: DutyLine | None) -> str:
    if registration.channel in CHANNELS_WITH_RECEPTION:
        return "reception"
    passed_over = _passed_over(registration, line)
    return "first_leader" if line is None or passed_over else "duty_leader"


def _passed_over(registration: Registration, line: DutyLine | None) -> bool:
    """Tell whether the leader on duty, or the office, is a party to a new matter."""
    parties = Parties(frozenset(registration.kept_out))
    return line is not None and parties.include(line.leader, registration.office)
