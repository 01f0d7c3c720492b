"""Responsibility on the wire: parse, call, answer."""

from dataclasses import replace
from typing import Any, ClassVar, Final

import msgspec
from msgspec import UNSET

from chassis.eventstore.commands import Command
from chassis.eventstore.requests import CommandKey
from chassis.identity import Caller
from chassis.jurisdiction import Actor, acts_for, reach_of
from chassis.messaging.feed import EventFeed
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from chassis.observability import current_correlation_id
from contracts.failures import Failure
from contracts.rpc import course
from contracts.rpc import responsibility as rpc
from contracts.rpc.method import FOLLOWERS, Method
from contracts.rpc.upkeep import (
    HEALTH,
    LOG,
    PARKED,
    REDRIVE,
    AskHealth,
    EventList,
    Health,
    ListParked,
    ParkedList,
    ReadLog,
    Redriven,
    RedriveParked,
)
from services.responsibility.application.callers import ReportedReception, Viewer
from services.responsibility.application.courses import StepAsked
from services.responsibility.bootstrap import Rooms
from services.responsibility.domain.evidence import Approval, ClosingStatement, Successor
from services.responsibility.domain.policy import day_of
from services.responsibility.domain.taking import StepCorrection
from services.responsibility.readmodels.caseloads import Onlooker, Owned
from services.responsibility.readmodels.terms import Seen, TermsAsked
from services.responsibility.settings import FOLLOWS, NAME
from statute.course import STEPS
from statute.workdays import CalendarUnreadable, WorkCalendar


class ResponsibilityService:
    """Who owns which petition."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS)

    @answers(rpc.RECEIVE)
    def receive(self, request: rpc.ReceivePetition, caller: Caller) -> rpc.Reception:
        reported = ReportedReception(
            number=request.number,
            leader=_receiver(request, caller),
            office=request.office or caller.office,
            received_at=request.received_at,
        )
        command = _command(rpc.RECEIVE.path, request, caller)
        answer = self.rooms.responsibility.record_reception(command, reported)
        return msgspec.convert(answer, rpc.Reception)

    @answers(rpc.OWNER_OF)
    def owner_of(self, request: rpc.AskOwner, caller: Caller) -> rpc.Ownership:
        return _ownership(self.rooms.responsibility.owner_of(request.number, _viewer(caller)))

    @answers(rpc.SET_ROSTER)
    def set_roster(self, request: rpc.SetRoster, caller: Caller) -> rpc.RosterSet:
        lines = [(line.day, line.leader) for line in request.lines]
        command = _command(rpc.SET_ROSTER.path, request, caller)
        answer = self.rooms.responsibility.set_roster(
            command, request.office, lines, request.document
        )
        return msgspec.convert(answer, rpc.RosterSet)

    @answers(rpc.ON_DUTY)
    def on_duty(self, request: rpc.AskDuty, _caller: Caller) -> rpc.Duty:
        return msgspec.convert(
            self.rooms.responsibility.on_duty(request.office, request.day), rpc.Duty
        )

    @answers(rpc.OPEN_LIST)
    def open_list(self, request: rpc.ListOpen, caller: Caller) -> rpc.OpenPage:
        office = request.office or caller.office
        if not (caller.roles & FOLLOWERS or acts_for(caller.office, office)):
            raise Failure("office_not_allowed", fields={"office": office})
        items, cursor = self.rooms.caseloads.open_of(
            self.rooms.responsibility.log_of_events,
            _onlooker(caller),
            office,
            _sealed_of(caller),
            request.limit,
            request.cursor,
        )
        return msgspec.convert({"items": items, "next_cursor": cursor}, rpc.OpenPage)

    @answers(rpc.CASELOAD)
    def caseload(self, request: rpc.ListCaseload, caller: Caller) -> rpc.CaseloadPage:
        owner = request.owner or caller.subject
        # Of others' caseloads one sees what lies in the regions that one's own office acts for.
        sees_all = owner == caller.subject or caller.roles & FOLLOWERS
        reach = "" if sees_all else reach_of(caller.office)
        if not (sees_all or reach):
            raise Failure("office_not_allowed", fields={"owner": owner})
        items, cursor = self.rooms.caseloads.owned_by(
            self.rooms.responsibility.log_of_events,
            _onlooker(caller),
            Owned(
                owner,
                "closed" if request.closed else "owned",
                reach,
                None if owner == caller.subject else _sealed_of(caller),
            ),
            request.limit,
            request.cursor,
        )
        page = {"owner": owner, "items": items, "next_cursor": cursor}
        return msgspec.convert(page, rpc.CaseloadPage)

    @answers(rpc.SUCCEED)
    def succeed(self, request: rpc.SucceedOwner, caller: Caller) -> rpc.Ownership:
        command = _command(rpc.SUCCEED.path, request, caller)
        to = Successor(request.to, request.office)
        approval = Approval(caller.subject, request.ground, request.document)
        return _ownership(
            self.rooms.responsibility.succeed_owner(command, request.number, to, approval)
        )

    @answers(rpc.RECUSE)
    def recuse(self, request: rpc.RecuseOwner, caller: Caller) -> rpc.Ownership:
        command = _command(rpc.RECUSE.path, request, caller)
        to = Successor(request.to, request.office)
        approval = Approval(caller.subject, request.ground, request.document)
        return _ownership(
            self.rooms.responsibility.recuse_owner(command, request.number, to, approval)
        )

    @answers(rpc.RULE)
    def rule(self, request: rpc.RuleDispute, caller: Caller) -> rpc.Ownership:
        command = _command(rpc.RULE.path, request, caller)
        approval = Approval(caller.subject, request.reason, request.document)
        return _ownership(
            self.rooms.responsibility.rule_on_dispute(
                command, request.number, request.dispute_id, request.ruling, approval
            )
        )

    @answers(rpc.REPLY)
    def reply(self, request: rpc.DeliverReply, caller: Caller) -> rpc.Ownership:
        command = _command(rpc.REPLY.path, request, caller)
        return _ownership(
            self.rooms.responsibility.deliver_reply(
                command,
                request.number,
                request.document,
                request.delivered_at,
                request.carry_out_by or None,
            )
        )

    @answers(rpc.CLOSE)
    def close(self, request: rpc.ClosePetition, caller: Caller) -> rpc.Ownership:
        command = _command(rpc.CLOSE.path, request, caller)
        statement = ClosingStatement(
            outcome=request.outcome,
            reply_document=request.reply_document,
            follow_up_visit_at=request.follow_up_visit_at,
            evaluation_asked_at=request.evaluation_asked_at,
        )
        return _ownership(
            self.rooms.responsibility.close_petition(command, request.number, statement)
        )

    @answers(rpc.REOPEN)
    def reopen(self, request: rpc.ReopenPetition, caller: Caller) -> rpc.Ownership:
        command = _command(rpc.REOPEN.path, request, caller)
        return _ownership(
            self.rooms.responsibility.reopen_petition(
                command, request.number, request.reason, request.document
            )
        )

    @answers(course.CORRECT_STEP)
    def correct_step(self, request: course.CorrectStep, caller: Caller) -> course.Course:
        stated = msgspec.to_builtins(request.corrected)
        correction = StepCorrection(request.step_number, stated, request.reason)
        command = _command(course.CORRECT_STEP.path, request, caller)
        answer = self.rooms.courses.correct_step(command, request.number, correction)
        return msgspec.convert(answer, course.Course)

    @answers(course.COURSE_OF)
    def course_of(self, request: course.AskCourse, caller: Caller) -> course.Course:
        answer = self.rooms.courses.course_of(request.number, request.as_of, _viewer(caller))
        return msgspec.convert(answer, course.Course)

    @answers(course.TERMS)
    def terms(self, request: course.ListTerms, caller: Caller) -> course.TermPage:
        responsibility = self.rooms.responsibility
        items, cursor = self.rooms.terms.listed(
            responsibility.log_of_events,
            _onlooker(caller),
            _terms_asked(request, caller),
            day_of(responsibility.clock()),
            request.limit,
            request.cursor,
        )
        return msgspec.convert({"items": items, "next_cursor": cursor}, course.TermPage)

    @answers(course.EXPLAIN)
    def explain(self, request: course.ExplainTerm, caller: Caller) -> course.TermExplained:
        answer = self.rooms.courses.explain(request.number, request.term, _viewer(caller))
        return msgspec.convert(answer, course.TermExplained)

    @answers(course.TO_SUPERVISE)
    def to_supervise(
        self, request: course.ListToSupervise, caller: Caller
    ) -> course.ToSupervisePage:
        reach = "" if caller.roles & FOLLOWERS else reach_of(caller.office)
        if not (reach or caller.roles & FOLLOWERS):
            raise Failure("office_not_allowed", fields={"office": caller.office})
        responsibility = self.rooms.responsibility
        today = day_of(responsibility.clock())
        items, cursor = self.rooms.terms.to_supervise(
            responsibility.log_of_events,
            _onlooker(caller),
            Seen(reach, _sealed_of(caller)),
            today,
            request.limit,
            request.cursor,
        )
        page = {"items": self.rooms.supervising.with_events(items, today), "next_cursor": cursor}
        return msgspec.convert(page, course.ToSupervisePage)

    @answers(course.IMPORT_CALENDAR)
    def import_calendar(
        self, request: course.ImportCalendar, caller: Caller
    ) -> course.CalendarImported:
        command = _command(course.IMPORT_CALENDAR.path, request, caller)
        try:
            calendar = WorkCalendar.from_json(msgspec.json.encode(request).decode())
        except CalendarUnreadable as error:
            raise Failure("bad_value", fields={"holidays": str(error)}) from error
        answer = self.rooms.calendars.import_calendar(command, calendar, request.document)
        return msgspec.convert(answer, course.CalendarImported)

    @answers(LOG[NAME])
    def log(self, request: ReadLog, _caller: Caller) -> EventList:
        events, head = self.rooms.assembly.events_after(request.after, request.limit)
        return EventList(events=events, head=head)

    @answers(HEALTH[NAME])
    def health(self, _request: AskHealth, _caller: Caller) -> Health:
        return msgspec.convert(self.rooms.assembly.health(), Health)

    @answers(PARKED[NAME])
    def parked(self, request: ListParked, _caller: Caller) -> ParkedList:
        return msgspec.convert(self.rooms.assembly.parked(request.limit), ParkedList)

    @answers(REDRIVE[NAME])
    def redrive(self, request: RedriveParked, caller: Caller) -> Redriven:
        redriven = self.rooms.assembly.redrive(request.subject, caller.subject)
        return msgspec.convert(redriven, Redriven)


def _step(method: Method[course.TakeStep, course.Course]) -> Any:
    """Return what answers one step of the course."""

    @answers(method)
    def take(
        self: ResponsibilityService, request: course.TakeStep, caller: Caller
    ) -> course.Course:
        given = msgspec.to_builtins(request)
        step = STEPS[method.name]
        stated = {name: given[name] for name in (*step.takes, *step.may_take) if name in given}
        asked = StepAsked(request.number, method.name, stated, request.happened_at)
        command = _command(method.path, request, caller)
        return msgspec.convert(self.rooms.courses.take_step(command, asked), course.Course)

    return take


for _code, _method in course.STEP_METHODS.items():
    setattr(ResponsibilityService, _code, _step(_method))


def _terms_asked(request: course.ListTerms, caller: Caller) -> TermsAsked:
    """Let a caller see the terms of his region, of what he owns, and of the work of his office."""
    filters = {name: getattr(request, name) for name in _TERM_FILTERS}
    follows = bool(caller.roles & FOLLOWERS)
    sealed_of = None if follows else (caller.subject, caller.office)
    asked = TermsAsked(**filters, sealed_of=sealed_of)
    own = request.owner == caller.subject or (request.unit and request.unit == caller.office)
    if own or follows:
        return asked
    reach = reach_of(caller.office)
    if not reach:
        raise Failure("office_not_allowed", fields={"office": request.office or ""})
    return replace(asked, reach=reach)


_TERM_FILTERS: Final = ("number", "owner", "unit", "office", "running", "late", "due_until")


def _viewer(caller: Caller) -> Viewer:
    actor = Actor(caller.subject, caller.office, current_correlation_id())
    return Viewer(actor, follows=bool(caller.roles & FOLLOWERS))


def _onlooker(caller: Caller) -> Onlooker:
    return Onlooker(caller.subject, caller.office)


def _sealed_of(caller: Caller) -> str | None:
    return None if caller.roles & FOLLOWERS else caller.office


def _command(method: str, request: Any, caller: Caller) -> Command:
    actor = Actor(caller.subject, caller.office, current_correlation_id())
    content = msgspec.json.encode(request)
    key = CommandKey.of(actor.subject, request.request_id, method, content)
    # A roster is of no matter and has no version.
    seen = getattr(request, "expected_version", UNSET)
    return Command(actor, key, None if seen is UNSET else seen)


def _receiver(request: rpc.ReceivePetition, caller: Caller) -> str:
    """Return the leader who received: the caller, or the one for whom a clerk records it."""
    if "leader" in caller.roles and request.leader in {None, caller.subject}:
        return caller.subject
    if request.leader is None:
        raise Failure("bad_value", fields={"leader": "name the leader who received"})
    if not caller.roles & {"clerk", "office_head"}:
        raise Failure(
            "role_not_allowed", fields={"leader": "a leader records only his own receptions"}
        )
    return request.leader


def _ownership(answer: dict[str, Any]) -> rpc.Ownership:
    return msgspec.convert(answer, rpc.Ownership)
