"""Audit on the wire: parse, call, answer."""

from dataclasses import asdict
from typing import ClassVar

import msgspec

from chassis.identity import Caller
from chassis.jurisdiction import Actor
from chassis.messaging.feed import EventFeed
from chassis.messaging.pace import SOON_S
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from chassis.observability import current_correlation_id
from contracts.failures import Failure
from contracts.rpc import audit as rpc
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
from services.audit.application import Reader
from services.audit.bootstrap import Rooms
from services.audit.settings import FOLLOWS, NAME


class AuditService:
    """Histories of cases."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS, pace_s=SOON_S)

    @answers(rpc.REPLAY)
    def replay(self, request: rpc.ReplayCase, caller: Caller) -> rpc.History:
        inbox = self.rooms.assembly.inbox
        try:
            inbox.catch_up()
        except Failure as failure:
            raise Failure("history_incomplete", fields=failure.fields) from failure
        actor = Actor(caller.subject, caller.office, current_correlation_id())
        reader = Reader(actor, auditing="auditor" in caller.roles)
        answer = self.rooms.audit.replay(
            reader,
            request.number,
            request.as_of,
            request.occurred_until,
            inbox.complete_positions(),
        )
        entries = [asdict(fact) for fact in answer["entries"]]
        return msgspec.convert({**answer, "entries": entries}, rpc.History)

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
