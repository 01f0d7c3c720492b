"""Notify on the wire: parse, call, answer."""

from typing import ClassVar

import msgspec

from chassis.identity import Caller
from chassis.messaging.feed import EventFeed
from chassis.messaging.pace import SOON_S
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from contracts.failures import Failure
from contracts.rpc import notify as rpc
from contracts.rpc.method import FOLLOWERS
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
from services.notify.bootstrap import Rooms
from services.notify.domain.reminders import OFFICE_HEAD
from services.notify.settings import FOLLOWS, NAME


class NotifyService:
    """Reminders."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS, pace_s=SOON_S)

    @answers(rpc.REMINDERS)
    def reminders(self, request: rpc.ListReminders, caller: Caller) -> rpc.ReminderPage:
        items, cursor = self.rooms.reminders.listed(
            self.rooms.notify.log_of_events,
            (caller.subject, caller.office),
            request.number,
            _recipient(request, caller),
            request.limit,
            request.cursor,
        )
        return msgspec.convert({"items": items, "next_cursor": cursor}, rpc.ReminderPage)

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


def _recipient(request: rpc.ListReminders, caller: Caller) -> str | None:
    """Return whose reminders are listed: one's own, unless one watches over all."""
    if caller.roles & FOLLOWERS:
        return request.recipient
    own = {caller.subject}
    if "office_head" in caller.roles:
        own.add(f"{OFFICE_HEAD}{caller.office}")
    if request.recipient is None or request.recipient in own:
        return request.recipient or caller.subject
    raise Failure("role_not_allowed", fields={"recipient": "one's own reminders only"})
