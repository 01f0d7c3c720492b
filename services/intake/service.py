"""Intake on the wire: parse, call, answer."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec

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
from services.intake.application.ports import Command, Raised, Reader
from services.intake.bootstrap import Rooms
from services.intake.gateways.vault import Content
from services.intake.readmodels.register import Sight
from services.intake.settings import FOLLOWS, NAME

NOWHERE = "none"
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
        content = self.rooms.intake.read_content(reader, request.number)
        return _view(row, content)

    @answers(rpc.STATUS)
    def status(self, request: rpc.AskStatus, _caller: Caller) -> rpc.PetitionStatus:
        row = self.rooms.intake.status(request.number, request.query_code)
        return msgspec.convert(row, rpc.PetitionStatus)

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
        command = _command(rpc.LINK_REPEAT.path, request, caller)
        stated = Statement(request.reason, request.document)
        answer = self.rooms.linking.link(
            _reader(caller), command, request.number, request.repeat_of, stated
        )
        return msgspec.convert(answer, rpc.RepeatStanding)

    @answers(rpc.DECLINE_REPEAT)
    def decline_repeat(self, request: rpc.DeclineRepeat, caller: Caller) -> rpc.RepeatStanding:
        command = _command(rpc.DECLINE_REPEAT.path, request, caller)
        stated = Statement(request.reason)
        answer = self.rooms.linking.decline(_reader(caller), command, request.number, stated)
        return msgspec.convert(answer, rpc.RepeatStanding)

    @answers(rpc.UNLINK_REPEAT)
    def unlink_repeat(self, request: rpc.UnlinkRepeat, caller: Caller) -> rpc.RepeatStanding:
        command = _command(rpc.UNLINK_REPEAT.path, request, caller)
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
        )
        self.rooms.intake.check(actor, raised)
        return _command(rpc.REGISTER.path, request, caller), raised

    def _registered(self, answer: dict[str, Any]) -> rpc.Registered:
        code = self.rooms.vault.query_code(answer["number"])
        return msgspec.convert({**answer, "query_code": code}, rpc.Registered)


def _actor(caller: Caller) -> Actor:
    return Actor(caller.subject, caller.office, current_correlation_id())


def _command(method: str, request: Any, caller: Caller) -> Command:
    actor = _actor(caller)
    content = msgspec.json.encode(request)
    return Command(actor, CommandKey.of(actor.subject, request.request_id, method, content))


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
    return Sight(reach, caller.subject, head_of, auditing=_audits(caller))


def _content(request: rpc.RegisterPetition) -> Content:
    persons = {
        "petitioner": [request.petitioner],
        "representative": request.representatives,
        "agent": [request.agent] if request.agent else [],
    }
    return Content(
        text={
            "title": request.title,
            "body": request.body,
            "place": request.place,
            "accused": request.accused,
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


def _view(row: Any, content: Any = None) -> rpc.PetitionView:
    repeats = row["matter_number"] != row["number"]
    view = {
        **row,
        "sealed": bool(row["sealed"]),
        "repeat_of": row["matter_number"] if repeats else None,
        "content": content and _opened(content),
    }
    return msgspec.convert(view, rpc.PetitionView)


def _opened(content: Content) -> dict[str, Any]:
    return {
        **content.text,
        "petitioner": content.principal,
        "representatives": content.persons.get("representative", []),
        "agent": next(iter(content.persons.get("agent", [])), None),
    }
