"""Use cases of responsibility: load, decide, save."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from time import monotonic
from typing import Any, Protocol
from uuid import UUID, uuid5

from eventsourcing.utils import EnvType

from chassis.eventstore.application import (
    Answer,
    EventSourcedApplication,
    Provenance,
    ReadModel,
    TooBusy,
    Unit,
)
from chassis.eventstore.gathering import Gathering
from chassis.eventstore.instants import text_of
from chassis.eventstore.requests import CommandKey
from chassis.eventstore.transaction import Questions
from chassis.jurisdiction import Actor, is_above
from services.responsibility.application.seats import check_say, check_step, offices_of
from services.responsibility.application.steps import (
    course_begun,
    follow_class,
    followed_course,
    found_course,
    has_ended,
    look_for_replacement,
    now_for,
    statement_by,
    taking_of,
    withdraw_course,
)
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import (
    Approval,
    Claim,
    ClosingStatement,
    DutyLine,
    Joining,
    Link,
    Matter,
    MatterCorrection,
    MergedMatter,
    OwnershipRecord,
    Received,
    Registration,
    Reply,
    Successor,
    Withdrawal,
)
from services.responsibility.domain.ownership import OWNERSHIPS, Ownership
from services.responsibility.domain.policy import (
    CHANNELS_WITH_RECEPTION,
    CLOCK_TOLERANCE,
    day_of,
)
from services.responsibility.domain.refusals import (
    DayTwice,
    Hidden,
    InTheFuture,
    OfficeNotAllowed,
    PartyToTheMatter,
    PetitionUnknown,
    Refusal,
    VersionChanged,
)
from services.responsibility.domain.roster import RosterLine, roster_line_id
from services.responsibility.domain.workdays import PUBLISHED_CALENDARS, PublishedCalendars
from statute.course import STEPS
from statute.parties import Parties
from statute.workdays import WorkCalendar, shipped_calendars

NUMBERS_KEPT = 100_000
LOOKED_UP_AGAIN = 5
ARRIVES_WITHIN_S = 0.2
# Who waits keeps a worker, and a number that nobody knows never arrives.
WAITING_MAX = 8
CALENDAR_KEPT_S = 30.0


class MatterIndex(Protocol):
    """Finds matters by number."""

    def find(self, transaction: Questions, numbers: Sequence[str]) -> Mapping[str, Matter]:
        """Return where numbers lead, of those that are known here."""

    def moved_since(self, transaction: Questions, number: str, as_of: datetime) -> str | None:
        """Return the petition_id that a number led to at an instant; None if it does so still."""


class Arrivals(Protocol):
    """Fetches what intake has on record and the events have not brought yet."""

    def fetch(self, number: str) -> Sequence[tuple[Registration, Provenance]]:
        """Return the registration of a petition behind that of its original; empty if none."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command in hand: who sent it, and the key under which its answer is kept.

    Attributes:
        expected_version: of the matter, as its sender saw it; None when he does not say.
    """

    actor: Actor
    key: CommandKey
    expected_version: int | None = None

    @property
    def provenance(self) -> Provenance:
        """What the command's events go back to."""
        return Provenance(self.actor.subject, self.actor.correlation_id, self.key.request_id)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        follows: he watches over all matters, as an auditor does.
    """

    actor: Actor
    follows: bool = False


@dataclass(frozen=True, slots=True)
class ReportedReception:
    """Attributes: received_at: None when it is happening now."""

    number: str
    leader: str
    office: str
    received_at: datetime | None


class Responsibility(EventSourcedApplication):
    """Who owns which petition."""

    name = "responsibility"

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
            ownership.take_by_roster(line, registration.office, registration.registered_at)

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
            return self.await_owner(unit, registration)
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

    def await_owner(self, unit: Unit, registration: Registration) -> Ownership | None:
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
            awaits=self._awaits(unit, registration),
            roster_passed_over=self._passed_over(unit, registration),
        )
        unit.add(ownership)
        return ownership

    def _awaits(self, unit: Unit, registration: Registration) -> str:
        if registration.channel in CHANNELS_WITH_RECEPTION:
            return "reception"
        on_duty = self.duty_for(unit, registration) is not None
        passed_over = self._passed_over(unit, registration)
        return "duty_leader" if on_duty and not passed_over else "first_leader"

    def _passed_over(self, unit: Unit, registration: Registration) -> bool:
        """Tell whether the leader on duty, or the office, is a party to a new matter."""
        line = self.duty_for(unit, registration)
        parties = Parties(frozenset(registration.kept_out))
        return line is not None and parties.include(line.leader, registration.office)

    @staticmethod
    def duty_for(unit: Unit, registration: Registration) -> DutyLine | None:
        if registration.channel in CHANNELS_WITH_RECEPTION:
            return None
        day = day_of(registration.registered_at)
        line = unit.find(RosterLine, roster_line_id(registration.office, day))
        return DutyLine(line.leader, line.day, line.version) if line else None

    @staticmethod
    def ownership(unit: Unit, petition_id: str) -> Ownership:
        ownership = unit.find(Ownership, Ownership.create_id(petition_id))
        if ownership is None:
            raise PetitionUnknown(petition_id="no such matter")
        return ownership

    # Commands

    def record_reception(self, command: Command, reported: ReportedReception) -> Answer:
        """Record that a leader received the petitioner; the first on record owns the matter.

        Raises:
            PetitionUnknown, OfficeNotAllowed, InTheFuture.
        """
        self.check_past(received_at=reported.received_at)
        matter = self.matter(reported.number)
        reception_id = str(uuid5(OWNERSHIPS, command.key.key))
        received = Received(
            reception_id=reception_id,
            received_number=reported.number,
            leader=reported.leader,
            office=reported.office,
            received_at=reported.received_at or self.clock(),
            stated=reported.received_at is not None,
        )

        def decide(unit: Unit) -> Answer:
            ownership = self.led_to(unit, reported.number)
            check_no_party(command.actor, ownership, reported.number)
            if ownership.sealed:
                # A number is no proof that he met the petitioner: whoever owns it reads it all.
                course = found_course(unit, ownership)
                check_sight(Viewer(command.actor), ownership, course, reported.number)
            for office in (matter.office, reported.office):
                if not command.actor.acts_for(office):
                    raise _not_allowed(ownership, reported.number, office)
            _check_receiver(command.actor, ownership, reported)
            _check_version(command, ownership)
            claim = ownership.receive(received)
            return _reception(ownership, received, claim)

        return self.decide_on(reported.number, matter, command, decide)

    def set_roster(
        self, command: Command, office: str, lines: Sequence[tuple[date, str]], document: str
    ) -> Answer:
        """Set who is on duty, a line a day.

        Raises:
            OfficeNotAllowed, DayTwice.
        """
        self._check_office(command.actor, office)
        if twice := sorted(day for day, n in Counter(day for day, _ in lines).items() if n > 1):
            raise DayTwice(lines=f"name more than one leader for {twice[0]}")

        def decide(unit: Unit) -> Answer:
            for day, leader in lines:
                self._set_line(unit, office, day, leader, document)
            return {"office": office, "lines": len(lines)}

        return self.run(command.provenance, decide, command.key)

    def _set_line(self, unit: Unit, office: str, day: date, leader: str, document: str) -> None:
        line = unit.find(RosterLine, roster_line_id(office, day))
        if line is not None:
            line.replace(leader, document, self.clock())
            return
        unit.add(
            RosterLine._create(  # noqa: SLF001 - the library's way to pass the time in
                RosterLine.LineSet,
                id=roster_line_id(office, day),
                timestamp=self.clock(),
                office=office,
                day=day.isoformat(),
                leader=leader,
                document=document,
            )
        )

    def succeed_owner(
        self, command: Command, number: str, to: Successor, approval: Approval
    ) -> Answer:
        """Pass the ownership on: the owner leaves the post or is on long leave."""

        def change(_unit: Unit, ownership: Ownership) -> None:
            office = self._office_of(to, command.actor, ownership)
            ownership.succeed(to.leader, office, approval, self.clock())

        return self._change(command, number, change)

    def recuse_owner(
        self, command: Command, number: str, to: Successor, approval: Approval
    ) -> Answer:
        """Pass the ownership on: the owner has a direct interest."""

        def change(_unit: Unit, ownership: Ownership) -> None:
            office = self._office_of(to, command.actor, ownership)
            ownership.recuse(to.leader, office, approval, self.clock())

        return self._change(command, number, change)

    def _office_of(self, to: Successor, approver: Actor, ownership: Ownership) -> str:
        """Return for which office a successor owns the matter: one that the approver acts for.

        Unless it is named that is the matter's, or else the owner's, by which the approver has
        his say.
        """
        if to.office is not None:
            self._check_office(approver, to.office)
            return to.office
        return next(filter(approver.acts_for, offices_of(ownership)), ownership.office)

    def rule_on_dispute(
        self, command: Command, number: str, dispute_id: str, ruling: str, approval: Approval
    ) -> Answer:
        """Rule on a back-dated claim; the approval's ground is the reason given."""
        return self._change(
            command,
            number,
            lambda _unit, ownership: ownership.rule(
                dispute_id,
                ruling,
                approval.ground,
                approval.approver,
                approval.document,
                self.clock(),
            ),
        )

    def deliver_reply(
        self,
        command: Command,
        number: str,
        document: str,
        delivered_at: datetime | None,
        carry_out_by: date | None = None,
    ) -> Answer:
        """Record that the written reply reached the petitioner, now unless told otherwise.

        Args:
            carry_out_by: the day by which what it promises is carried out; a term of the course.

        Raises:
            PetitionUnknown, OfficeNotAllowed, InTheFuture, NotOwned, CaseClosed.
            StepNotOpen, ConditionUnmet: see `Course.take`.
        """
        self.check_past(delivered_at=delivered_at)
        promised = {"carry_out_by": carry_out_by.isoformat()} if carry_out_by else {}

        def change(unit: Unit, ownership: Ownership) -> None:
            course = followed_course(unit, ownership, self.calendar())
            if promised:
                course = course_begun(unit, ownership, self.calendar())
            at = delivered_at or now_for(course, self.clock())
            ownership.deliver_reply(Reply(document, command.actor.subject, at))
            if course is not None:
                given = {"document": document, **promised}
                course.take(taking_of("reply", command.actor, given, at, self.calendar()))

        return self._change(command, number, change, may=partial(check_step, STEPS["reply"]))

    def close_petition(self, command: Command, number: str, statement: ClosingStatement) -> Answer:
        """Close the matter; only its owner may."""
        self.check_past(
            follow_up_visit_at=statement.follow_up_visit_at,
            evaluation_asked_at=statement.evaluation_asked_at,
        )

        def change(unit: Unit, ownership: Ownership) -> None:
            course = followed_course(unit, ownership, self.calendar())
            at, by_course = now_for(course, self.clock()), None
            if course is not None:
                by_course = statement_by(course, statement)
                course.take(taking_of("close", command.actor, {}, at, self.calendar()))
            ownership.close(command.actor.subject, statement, at, by_course)

        return self._change(command, number, change, may=_anybody)

    def reopen_petition(self, command: Command, number: str, reason: str, document: str) -> Answer:
        """Open a closed matter again; it goes back to its owner."""

        def change(unit: Unit, ownership: Ownership) -> None:
            course = found_course(unit, ownership)
            at = now_for(course, self.clock())
            ownership.reopen(reason, document, at)
            # One that another process began beside the closure was not closed: it goes on.
            if course is not None and course.state == "closed":
                given = {"reason": reason, "document": document}
                course.take(taking_of("reopen", command.actor, given, at, self.calendar()))
                course.look_for_replacement(ownership.parties, at)

        return self._change(command, number, change)

    def _change(
        self,
        command: Command,
        number: str,
        change: Callable[[Unit, Ownership], None],
        *,
        may: Callable[[Actor, Ownership, Course | None], None] | None = None,
    ) -> Answer:
        """Change an ownership; `may` refuses whoever may not, by default who has no say."""
        matter = self.matter(number)

        def decide(unit: Unit) -> Answer:
            unit.load([stream, Course.create_id(matter.petition_id)])
            ownership = self.led_to(unit, number)
            course = found_course(unit, ownership)
            check_sight(Viewer(command.actor), ownership, course, number)
            check_no_party(command.actor, ownership, number)
            (may or check_say)(command.actor, ownership, course)
            _check_version(command, ownership)
            change(unit, ownership)
            return _ownership(ownership, number)

        stream = Ownership.create_id(matter.petition_id)
        return self.decide_on(number, matter, command, decide)

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

    # What intake tells of a matter that is known

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
        """Follow a correction; the course goes on as that of another class where that changed."""
        ownership = self.trace(unit, petition_id, correction.number)[-1]
        ownership.correct(correction, at)
        follow_class(unit, ownership, at, self.calendar())

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

    # Questions

    def owner_of(self, number: str, viewer: Viewer) -> Answer:
        """Return who owns the matter of a petition and how that was decided.

        Raises:
            PetitionUnknown: neither here nor in intake is there such a petition.
        """
        unit = self.asking(viewer.actor)
        ownership = self.led_to(unit, number)
        if ownership.sealed:
            with self.as_if_unknown(number):
                check_sight(viewer, ownership, found_course(unit, ownership), number)
        return _ownership(ownership, number)

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

    def on_duty(self, office: str, day: date | None) -> Answer:
        """Return who is on duty at an office, today in Shanghai unless told otherwise."""
        asked = day or day_of(self.clock())
        line = self.find(RosterLine, roster_line_id(office, asked))
        return {"office": office, "day": asked.isoformat(), "leader": line and line.leader}

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

    def check_past(self, **stated: datetime | None) -> None:
        for name, at in stated.items():
            if at is not None and at > self.clock() + CLOCK_TOLERANCE:
                raise InTheFuture(**{name: "lies in the future"})

    @staticmethod
    def _check_office(actor: Actor, *offices: str) -> None:
        for office in offices:
            if not actor.acts_for(office):
                raise OfficeNotAllowed(office=office)


def check_sight(viewer: Viewer, ownership: Ownership, course: Course | None, number: str) -> None:
    """Let nobody learn of an accusation but those who have to do with it (Arts 27 to 30).

    They are its office, its owner, and who handles it, but no party, whatever else he is. Where
    the office itself is a party, those above it stand in its place.

    Raises:
        Hidden: as if there were none.
    """
    if not ownership.sealed:
        return
    actor = viewer.actor
    if ownership.parties.include(actor.subject, actor.office):
        raise Hidden(number=number)
    at_work = course.work.involved if course is not None else frozenset()
    has_to_do = {actor.subject, actor.office} & {ownership.office, ownership.owner, *at_work}
    if not (viewer.follows or has_to_do or _stands_in(actor, ownership)):
        raise Hidden(number=number)


def _stands_in(actor: Actor, ownership: Ownership) -> bool:
    return is_above(actor.office, ownership.office) and ownership.parties.include(ownership.office)


def check_no_party(actor: Actor, ownership: Ownership, number: str) -> None:
    """Let no party to a matter take a step in it.

    Raises:
        Hidden: it is sealed, so to him there is none.
        PartyToTheMatter: he may know of it.
    """
    if not ownership.parties.include(actor.subject, actor.office):
        return
    if ownership.sealed:
        raise Hidden(number=number)
    raise PartyToTheMatter(number="its parties take no part in its handling")


def _check_receiver(actor: Actor, ownership: Ownership, reported: ReportedReception) -> None:
    """Tell only those who know of the matter that the receiver is a party to it."""
    named = ownership.parties.include(reported.leader, reported.office)
    knows = actor.office == ownership.office or actor.subject == ownership.owner
    if named and ownership.sealed and not (knows or _stands_in(actor, ownership)):
        raise Hidden(number=reported.number)


def _not_allowed(ownership: Ownership, number: str, office: str) -> Refusal:
    return Hidden(number=number) if ownership.sealed else OfficeNotAllowed(office=office)


def _check_version(command: Command, ownership: Ownership) -> None:
    """Let nobody decide on a state of the matter that is not that of the record any more."""
    if command.expected_version not in {None, ownership.version}:
        raise VersionChanged(expected_version=f"the matter is at version {ownership.version} now")


def _anybody(actor: Actor, ownership: Ownership, _course: Course | None) -> None:
    """Leave it to the ownership, which knows its owner."""


def _reception(ownership: Ownership, received: Received, claim: Claim | None) -> Answer:
    holder = ownership.record.chain[-1]
    return {
        "number": received.received_number,
        "matter": ownership.number,
        "standing": claim.standing if claim else "first",
        "owner": holder.owner,
        "office": holder.office,
        "owned_since": text_of(holder.since),
        "reception_id": received.reception_id,
        "dispute_id": claim and claim.dispute_id,
        "version": ownership.version,
    }


def _ownership(ownership: Ownership, number: str) -> Answer:
    record = ownership.record
    chain = [_link(link) for link in record.chain]
    return {
        "number": number,
        "matter": ownership.number,
        "state": ownership.state,
        "owner": ownership.owner,
        "office": record.chain[-1].office if record.chain else ownership.office,
        "first_contact": chain[0] if chain else None,
        "chain": chain,
        "evidence": {name: value for name, value in record.evidence.items() if value is not None},
        "rivals": [_claim(claim) for claim in ownership.claims if claim.standing != "owner"],
        "repeats": list(record.repeats),
        "reply": ownership.reply and _reply(ownership.reply),
        "version": ownership.version,
        **_linked(record),
    }


def _linked(record: OwnershipRecord) -> dict[str, Any]:
    """Return what is part of the matter, and what stays of links that were undone, where any is."""
    merged = [_merged(each) for each in record.merged.values()]
    found = {"merged": merged, "kept": list(record.kept)}
    return {name: values for name, values in found.items() if values}


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "document": reply.document,
        "delivered_by": reply.delivered_by,
        "delivered_at": text_of(reply.delivered_at),
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "owner": link.owner,
        "office": link.office,
        "since": text_of(link.since),
        "ground": link.ground,
        "approver": link.approver,
        "document": link.document,
    }


def _merged(merged: MergedMatter) -> dict[str, Any]:
    return {
        "number": merged.number,
        "since": text_of(merged.since),
        "unit": merged.unit,
        "state": merged.course_state,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "reception_id": claim.reception_id,
        "leader": claim.leader,
        "office": claim.office,
        "received_at": text_of(claim.received_at),
        "standing": claim.standing,
        "dispute_id": claim.dispute_id,
        "ruling": claim.ruling,
    }
