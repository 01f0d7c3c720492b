"""Intake on the wire: parse, call, answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET

from chassis.eventstore.commands import Command
from chassis.eventstore.requests import CommandKey
from chassis.identity import Caller
from chassis.jurisdiction import Actor, acts_for, reach_of
from chassis.messaging.checking import checked
from chassis.messaging.faults import refusal_of
from chassis.messaging.feed import EventFeed
from chassis.messaging.pace import SOON_S
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from chassis.observability import current_correlation_id
from contracts.envelope import CloudEvent
from contracts.failures import Failure
from contracts.rpc import intake as rpc
from contracts.rpc.method import STAFF
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
from services.intake.application.linking import Statement
from services.intake.application.ports import Corrected, Parties, Raised, Reader
from services.intake.bootstrap import Rooms
from services.intake.gateways.content import Content, committed_form
from services.intake.readmodels.register import Sight
from services.intake.settings import FOLLOWS, NAME

NOWHERE = "none"
PETITIONER = "petitioner"
CODES = (
    "channel",
    "petition_class",
    "category",
    "headcount",
    "occurred_at",
    "external_number",
    "received_at",
)
TEXTS = ("title", "body", "place", "accused")
FILTERS = (
    "office",
    "region",
    "channel",
    "petition_class",
    "category",
    "state",
    "external_number",
    "registered_from",
    "registered_until",
)


class IntakeService:
    """Registration, content, search."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS, pace_s=SOON_S)

    @answers(rpc.REGISTER)
    def register(self, request: rpc.RegisterPetition, caller: Caller) -> rpc.Registered:
        command, raised = self._raised(request, caller)
        return self._registered(self.rooms.intake.register_petition(command, raised))

    @answers(rpc.REGISTER_MANY)
    def register_many(self, request: rpc.RegisterMany, caller: Caller) -> rpc.RegisteredMany:
        if len(request.items) > rpc.REGISTER_MANY_MAX:
            raise Failure("too_many", fields={"items": f"takes at most {rpc.REGISTER_MANY_MAX}"})
        registered, refused = [], []
        good: list[tuple[int, tuple[Command, Raised]]] = []
        for index, item in enumerate(request.items):
            try:
                checked_item = checked(item, rpc.RegisterPetition)
                good.append((index, self._raised(checked_item, caller)))
            except Exception as error:  # noqa: BLE001 - refusals only; anything else goes on
                refused.append(_refused(index, error))
        outcomes = self.rooms.intake.register_petitions([pair for _, pair in good]) if good else []
        for (index, _), outcome in zip(good, outcomes, strict=True):
            if isinstance(outcome, Exception):
                refused.append(_refused(index, outcome))
            else:
                petition = self._registered(outcome)
                registered.append(rpc.RegisteredItem(index=index, petition=petition))
        refused.sort(key=lambda item: item.index)
        return rpc.RegisteredMany(registered=registered, refused=refused)

    @answers(rpc.PETITION)
    def petition(self, request: rpc.FindPetition, caller: Caller) -> rpc.PetitionView:
        reader = _reader(caller)
        row = self.rooms.intake.petition(reader, request.number)
        if not request.content:
            return _view(row)
        version = request.content_version or None
        content = self.rooms.intake.read_content(reader, request.number, version)
        return _view(row, content, version or row["content_version"])

    @answers(rpc.STATUS)
    def status(self, request: rpc.AskStatus, caller: Caller) -> rpc.PetitionStatus:
        row = self.rooms.intake.status(_actor(caller), request.number, request.query_code)
        return msgspec.convert(_where_said(row), rpc.PetitionStatus)

    @answers(rpc.NAME_ACCUSED)
    def name_accused(self, request: rpc.NameAccused, caller: Caller) -> rpc.Revised:
        if not (request.accused_staff or request.accused_units):
            raise Failure("bad_value", fields={"accused_staff": "name a person or a unit"})
        named = Parties(
            request.accused_staff, request.accused_units, request.reason, request.document
        )
        command = _command(rpc.NAME_ACCUSED.path, request, _actor(caller))
        answer = self.rooms.intake.name_parties(command, _reader(caller), request.number, named)
        return msgspec.convert(answer, rpc.Revised)

    @answers(rpc.CORRECT)
    def correct(self, request: rpc.CorrectPetition, caller: Caller) -> rpc.Revised:
        command = _command(rpc.CORRECT.path, request, _actor(caller))
        corrected = Corrected(
            codes=_stated(request, CODES),
            text=_stated(request, TEXTS),
            persons=_people(request),
            reason=request.reason,
        )
        answer = self.rooms.intake.correct_petition(
            command, _reader(caller), request.number, corrected
        )
        return msgspec.convert(answer, rpc.Revised)

    @answers(rpc.WITHDRAW)
    def withdraw(self, request: rpc.WithdrawPetition, _caller: Caller) -> rpc.Withdrawn:
        # Who has the code is the petitioner, whatever token he carries.
        petitioner = Actor(f"{PETITIONER}:{request.number}", "", current_correlation_id())
        command = _command(rpc.WITHDRAW.path, request, petitioner)
        answer = self.rooms.intake.withdraw_petition(
            command, request.number, request.query_code, request.ground
        )
        return msgspec.convert(answer, rpc.Withdrawn)

    @answers(rpc.SEARCH)
    def search(self, request: rpc.SearchPetitions, caller: Caller) -> rpc.PetitionPage:
        filters = {name: getattr(request, name) for name in FILTERS}
        rows, cursor = self.rooms.register.search(
            self.rooms.intake.log_of_events, filters, _sight(caller), request.limit, request.cursor
        )
        return rpc.PetitionPage(items=[_view(row) for row in rows], next_cursor=cursor)

    @answers(rpc.REPEAT_PROPOSALS)
    def repeat_proposals(self, request: rpc.ListProposals, caller: Caller) -> rpc.ProposalPage:
        office = request.office or caller.office
        if not acts_for(caller.office, office):
            raise Failure("office_not_allowed", fields={"office": office})
        items, cursor = self.rooms.proposals.listed(
            self.rooms.intake.log_of_events, office, _sight(caller), request.limit, request.cursor
        )
        return msgspec.convert({"items": items, "next_cursor": cursor}, rpc.ProposalPage)

    @answers(rpc.LINK_REPEAT)
    def link_repeat(self, request: rpc.LinkRepeat, caller: Caller) -> rpc.RepeatStanding:
        command = _command(rpc.LINK_REPEAT.path, request, _actor(caller))
        stated = Statement(request.reason, request.document)
        answer = self.rooms.linking.link(
            _reader(caller), command, request.number, request.repeat_of, stated
        )
        return msgspec.convert(answer, rpc.RepeatStanding)

    @answers(rpc.DECLINE_REPEAT)
    def decline_repeat(self, request: rpc.DeclineRepeat, caller: Caller) -> rpc.RepeatStanding:
        command = _command(rpc.DECLINE_REPEAT.path, request, _actor(caller))
        stated = Statement(request.reason)
        answer = self.rooms.linking.decline(_reader(caller), command, request.number, stated)
        return msgspec.convert(answer, rpc.RepeatStanding)

    @answers(rpc.UNLINK_REPEAT)
    def unlink_repeat(self, request: rpc.UnlinkRepeat, caller: Caller) -> rpc.RepeatStanding:
        command = _command(rpc.UNLINK_REPEAT.path, request, _actor(caller))
        stated = Statement(request.reason, request.document)
        answer = self.rooms.linking.unlink(_reader(caller), command, request.number, stated)
        return msgspec.convert(answer, rpc.RepeatStanding)

    @answers(rpc.REGISTRATION)
    def registration(self, request: rpc.FindRegistration, _caller: Caller) -> EventList:
        events = [self._registration(self.rooms.intake.stream_of(request.number))]
        # As it was registered, whatever was linked since: those are events of their own.
        while original := events[0].data["repeats"]:
            events.insert(0, self._registration(UUID(original)))
        return EventList(events=events, head=self.rooms.intake.log_of_events.head())

    def _registration(self, stream: UUID) -> CloudEvent:
        return self.rooms.assembly.events_of(stream)[0]

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

    def _raised(self, request: rpc.RegisterPetition, caller: Caller) -> tuple[Command, Raised]:
        actor = _actor(caller)
        content = _content(request)
        raised = Raised(
            office=request.office,
            channel=request.channel,
            petition_class=request.petition_class,
            category=request.category,
            headcount=request.headcount,
            occurred_at=request.occurred_at,
            repeat_of=request.repeat_of,
            external_number=request.external_number,
            content=content,
            accused_staff=request.accused_staff or (),
            accused_units=request.accused_units or (),
            received_at=request.received_at or None,
        )
        self.rooms.intake.check(actor, raised)
        return _command(rpc.REGISTER.path, request, actor), raised

    def _registered(self, answer: dict[str, Any]) -> rpc.Registered:
        code = self.rooms.vault.query_code(answer["number"])
        return msgspec.convert({**answer, "query_code": code}, rpc.Registered)


def _command(method: str, request: Any, actor: Actor) -> Command:
    content = msgspec.json.encode(request)
    key = CommandKey.of(actor.subject, request.request_id, method, content)
    seen = getattr(request, "expected_version", UNSET)
    return Command(actor, key, None if seen is UNSET else seen)


def _stated(request: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return those of the fields that were given, as plain values."""
    given = {name: getattr(request, name) for name in names}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in given.items()
        if value is not UNSET
    }


def _people(request: rpc.CorrectPetition) -> dict[str, Any]:
    """Return the persons that were given, by their roles in the vault."""
    given = {
        "petitioner": request.petitioner if request.petitioner is UNSET else [request.petitioner],
        "cosigner": request.co_signers,
        "representative": request.representatives,
        "agent": UNSET if request.agent is UNSET else [request.agent] if request.agent else [],
    }
    return {
        role: msgspec.to_builtins(people) for role, people in given.items() if people is not UNSET
    }


def _actor(caller: Caller) -> Actor:
    return Actor(caller.subject, caller.office, current_correlation_id())


def _reader(caller: Caller) -> Reader:
    return Reader(
        _actor(caller),
        is_head="office_head" in caller.roles,
        is_staff=bool(caller.roles & STAFF),
        audits=_audits(caller),
    )


def _audits(caller: Caller) -> bool:
    return "auditor" in caller.roles


def _sight(caller: Caller) -> Sight:
    head_of = caller.office if "office_head" in caller.roles else ""
    # Without an office a caller acts for no region; only who audits sees them all.
    reach = "" if _audits(caller) else reach_of(caller.office) or NOWHERE
    return Sight(reach, caller.subject, head_of, _audits(caller), caller.office)


def _content(request: rpc.RegisterPetition) -> Content:
    persons = {
        "petitioner": [request.petitioner],
        "cosigner": [] if request.co_signers is UNSET else request.co_signers,
        "representative": request.representatives,
        "agent": [request.agent] if request.agent else [],
    }
    return Content(
        text={
            "title": request.title,
            "body": request.body,
            "place": request.place,
            "accused": request.accused,
            **_stated(request, ("accused_staff", "accused_units")),
        },
        persons={role: msgspec.to_builtins(people) for role, people in persons.items() if people},
    )


def _refused(index: int, error: Exception) -> rpc.RefusedItem:
    refusal = refusal_of(error)
    if refusal is None:
        raise error
    return rpc.RefusedItem(
        index=index, code=refusal.code, message=refusal.message, fields=refusal.fields
    )


def _where_said(row: Any) -> dict[str, Any]:
    """Return a row without the instants that never came."""
    return {name: value for name, value in row.items() if value or not name.endswith("_at")}


def _view(row: Any, content: Any = None, version: int = 1) -> rpc.PetitionView:
    repeats = row["matter_number"] != row["number"]
    view = {
        **_where_said(row),
        "version": row["revision"],
        "sealed": bool(row["sealed"]),
        "repeat_of": row["matter_number"] if repeats else None,
        "content": content and _opened(content, version),
    }
    return msgspec.convert(view, rpc.PetitionView)


def _opened(content: Content, version: int) -> dict[str, Any]:
    return {
        "version": version,
        "committed": committed_form(content),
        **content.text,
        "petitioner": content.principal,
        "representatives": content.persons.get("representative", []),
        "agent": next(iter(content.persons.get("agent", [])), None),
        **({"co_signers": signers} if (signers := content.persons.get("cosigner")) else {}),
    }
