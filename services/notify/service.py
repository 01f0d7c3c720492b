"""Notify on the wire: parse, call, answer."""

from typing import Any, ClassVar

import msgspec

from chassis.eventstore.requests import CommandKey
from chassis.identity import Caller
from chassis.messaging.feed import EventFeed
from chassis.messaging.pace import SOON_S
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from chassis.observability import current_correlation_id
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
from services.notify.application.responding import Command
from services.notify.bootstrap import Rooms
from services.notify.domain.offices import head_of
from services.notify.readmodels.histories import entries_of, facts_of
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
            request.number,
            _recipient(request, caller),
            request.limit,
            request.cursor,
        )
        return msgspec.convert({"items": items, "next_cursor": cursor}, rpc.ReminderPage)

    @answers(rpc.HISTORY)
    def history(self, request: rpc.AskReminder, caller: Caller) -> rpc.ReminderHistory:
        place = self.rooms.responses.place_of(request.reminder_id, _stands_for(caller))
        shown = self.rooms.reminders.view_of(self.rooms.notify.log_of_events, request.reminder_id)
        facts = facts_of(self.rooms.notify.log_of_events, place.petition_id)
        entries = entries_of(facts, request.reminder_id)
        return msgspec.convert({"reminder": shown, "entries": entries}, rpc.ReminderHistory)

    @answers(rpc.ACKNOWLEDGE)
    def acknowledge(self, request: rpc.AcknowledgeReminder, caller: Caller) -> rpc.ReminderChanged:
        command = _command(rpc.ACKNOWLEDGE.path, request, caller)
        answer = self.rooms.responses.acknowledge(command, request.reminder_id)
        return msgspec.convert(answer, rpc.ReminderChanged)

    @answers(rpc.SNOOZE)
    def snooze(self, request: rpc.SnoozeReminder, caller: Caller) -> rpc.ReminderChanged:
        command = _command(rpc.SNOOZE.path, request, caller)
        answer = self.rooms.responses.snooze(
            command, request.reminder_id, request.until, request.reason
        )
        return msgspec.convert(answer, rpc.ReminderChanged)

    @answers(rpc.DELIVER_AGAIN)
    def deliver_again(self, request: rpc.RedriveReminder, caller: Caller) -> rpc.ReminderChanged:
        command = _command(rpc.DELIVER_AGAIN.path, request, caller)
        answer = self.rooms.responses.redrive(command, request.reminder_id)
        return msgspec.convert(answer, rpc.ReminderChanged)

    @answers(rpc.PLAN)
    def plan(self, request: rpc.PlanTerm, _caller: Caller) -> rpc.PlannedTerm:
        answer = self.rooms.plans.preview(
            request.term, request.runs_from, request.office, request.as_of
        )
        return msgspec.convert(answer, rpc.PlannedTerm)

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


def _command(method: str, request: Any, caller: Caller) -> Command:
    content = msgspec.json.encode(request)
    key = CommandKey.of(caller.subject, request.request_id, method, content)
    return Command(caller.subject, _stands_for(caller), current_correlation_id(), key)


def _own(caller: Caller) -> frozenset[str]:
    """Return the recipients that a caller is."""
    heads = {head_of(caller.office)} if "office_head" in caller.roles else set()
    return frozenset({caller.subject, *heads})


def _stands_for(caller: Caller) -> frozenset[str] | None:
    """Return the recipients whose reminders a caller may see to; None for all of them."""
    return None if caller.roles & FOLLOWERS else _own(caller)


def _recipient(request: rpc.ListReminders, caller: Caller) -> str | None:
    """Return whose reminders are listed: one's own, unless one watches over all."""
    if caller.roles & FOLLOWERS:
        return request.recipient
    if request.recipient is None or request.recipient in _own(caller):
        return request.recipient or caller.subject
    raise Failure("role_not_allowed", fields={"recipient": "one's own reminders only"})
