"""Use cases of responsibility: load, decide, save."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from uuid import uuid5

from chassis.eventstore.application import (
    Answer,
    Unit,
)
from chassis.eventstore.commands import Command
from chassis.jurisdiction import Actor
from services.responsibility.application.answers import ownership_answer, reception_answer
from services.responsibility.application.callers import ReportedReception, Viewer
from services.responsibility.application.on_record import MattersOnRecord
from services.responsibility.application.seats import check_say, check_step, offices_of
from services.responsibility.application.sight import (
    check_no_party,
    check_receiver,
    check_sight,
    check_version,
    not_allowed,
)
from services.responsibility.application.steps import (
    course_begun,
    followed_course,
    found_course,
    now_for,
    statement_by,
    taking_of,
)
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import (
    Approval,
    ClosingStatement,
    Received,
    Reply,
    Successor,
)
from services.responsibility.domain.ownership import OWNERSHIPS, Ownership
from services.responsibility.domain.policy import (
    day_of,
)
from services.responsibility.domain.refusals import (
    DayTwice,
    OfficeNotAllowed,
)
from services.responsibility.domain.roster import RosterLine, roster_line_id
from statute.course import STEPS


class Responsibility(MattersOnRecord):
    """Who owns which petition."""

    name = "responsibility"

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
                    raise not_allowed(ownership, reported.number, office)
            check_receiver(command.actor, ownership, reported)
            check_version(command, ownership)
            claim = ownership.receive(received)
            return reception_answer(ownership, received, claim)

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
            now = now_for(course, self.clock())
            at = delivered_at or now
            ownership.deliver_reply(Reply(document, command.actor.subject, at))
            if course is not None:
                given = {"document": document, **promised}
                calendar = self.calendar()
                course.take(taking_of("reply", command.actor, given, at, calendar, recorded_at=now))

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
                calendar = self.calendar()
                course.take(taking_of("close", command.actor, {}, at, calendar, recorded_at=at))
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
                calendar = self.calendar()
                course.take(taking_of("reopen", command.actor, given, at, calendar, recorded_at=at))
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
            check_version(command, ownership)
            change(unit, ownership)
            return ownership_answer(ownership, number)

        stream = Ownership.create_id(matter.petition_id)
        return self.decide_on(number, matter, command, decide)

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
        return ownership_answer(ownership, number)

    def on_duty(self, office: str, day: date | None) -> Answer:
        """Return who is on duty at an office, today in Shanghai unless told otherwise."""
        asked = day or day_of(self.clock())
        line = self.find(RosterLine, roster_line_id(office, asked))
        return {"office": office, "day": asked.isoformat(), "leader": line and line.leader}

    @staticmethod
    def _check_office(actor: Actor, *offices: str) -> None:
        for office in offices:
            if not actor.acts_for(office):
                raise OfficeNotAllowed(office=office)


def _anybody(actor: Actor, ownership: Ownership, _course: Course | None) -> None:
    """Leave it to the ownership, which knows its owner."""
