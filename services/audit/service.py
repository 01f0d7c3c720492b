"""Audit on the wire: parse, call, answer."""

from base64 import b64encode
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
from services.audit.gateways.bundles import bundle_of
from services.audit.settings import FOLLOWS, NAME


class AuditService:
    """Histories of cases, and the ledger."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS, pace_s=SOON_S)

    @answers(rpc.REPLAY)
    def replay(self, request: rpc.ReplayCase, caller: Caller) -> rpc.History:
        self._catch_up()
        answer = self.rooms.audit.replay(
            _reader(caller),
            request.number,
            request.as_of,
            request.occurred_until,
            self.rooms.assembly.inbox.complete_positions(),
        )
        entries = [asdict(fact) for fact in answer["entries"]]
        return msgspec.convert({**answer, "entries": entries}, rpc.History)

    @answers(rpc.EXPORT)
    def export(self, request: rpc.ExportCase, caller: Caller) -> rpc.Bundle:
        self._catch_up()
        evidence = self.rooms.audit.export(_reader(caller), request.number, request.known_size)
        content = b64encode(bundle_of(evidence, self.rooms.ledger.keys)).decode()
        return rpc.Bundle(number=evidence.number, size=evidence.size, content=content)

    @answers(rpc.CHECKPOINT)
    def checkpoint(self, request: rpc.AskCheckpoint, _caller: Caller) -> rpc.SignedCheckpoint:
        return msgspec.convert(
            self.rooms.ledger.checkpoint(request.known_size), rpc.SignedCheckpoint
        )

    @answers(rpc.LEAVES)
    def leaves(self, request: rpc.ReadLeaves, _caller: Caller) -> rpc.LeafList:
        leaves, size = self.rooms.ledger.leaves(request.after, request.limit)
        return rpc.LeafList(leaves=leaves, size=size)

    @answers(rpc.FEED)
    def feed(self, request: rpc.ReadFeed, _caller: Caller) -> rpc.FeedPage:
        log_of_events = self.rooms.audit.log_of_events
        with log_of_events.reading() as transaction:
            page = self.rooms.feed.page(transaction, request.after, request.types, request.limit)
        return msgspec.convert(page._asdict(), rpc.FeedPage)

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

    def _catch_up(self) -> None:
        try:
            self.rooms.assembly.inbox.catch_up()
        except Failure as failure:
            raise Failure("history_incomplete", fields=failure.fields) from failure


def _reader(caller: Caller) -> Reader:
    actor = Actor(caller.subject, caller.office, current_correlation_id())
    return Reader(actor, auditing="auditor" in caller.roles)
