"""Notify on the wire: parse, call, answer."""

import re
from typing import Any, ClassVar, Final

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
    GIVEN_UP_COUNTED,
    HEALTH,
    LOG,
    PARKED,
    REDRIVE,
    AskHealth,
    EventList,
    ListParked,
    NotifyHealth,
    ParkedList,
    ReadLog,
    Redriven,
    RedriveParked,
)
from services.notify.application.ports import CasesAway, Endpoint
from services.notify.application.preferring import Stated
from services.notify.application.responding import Command
from services.notify.bootstrap import Rooms
from services.notify.domain.digest import AT
from services.notify.domain.offices import OFFICE_HEAD, head_of
from services.notify.readmodels.histories import entries_of, facts_of
from services.notify.settings import FOLLOWS, NAME

_URL: Final = re.compile(r"https?://[^\s/]+(/\S*)?")
# Narrower than RFC 5322 has it: what people have, and nothing that a header would have to escape.
_WORD, _LABEL = r"[A-Za-z0-9_%+-]+", r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_MAIL: Final = re.compile(rf"(?!.{{65,}}@){_WORD}(\.{_WORD})*@{_LABEL}(\.{_LABEL})*")
SHOWN_BY: Final = "shouwen reminders list --state given_up"
OFFICE: Final = re.compile(r"[0-9]{6}-[0-9]{2}")
ADDRESSES: Final = {
    **dict.fromkeys(("webhook", "dingtalk", "wecom", "feishu"), _URL),
    "mail": _MAIL,
    "sms": re.compile(r"\+?[0-9]{5,20}"),
}


class NotifyService:
    """Reminders."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS, pace_s=SOON_S)

    @answers(rpc.REMINDERS)
    def reminders(self, request: rpc.ListReminders, caller: Caller) -> rpc.ReminderPage:
        items, cursor = self.rooms.reminders.listed(
            self.rooms.notify.log_of_events,
            _onlooker(caller),
            request.number,
            _recipient(request, caller),
            request.limit,
            request.cursor,
            request.state,
        )
        return msgspec.convert({"items": items, "next_cursor": cursor}, rpc.ReminderPage)

    @answers(rpc.HISTORY)
    def history(self, request: rpc.AskReminder, caller: Caller) -> rpc.ReminderHistory:
        place = self.rooms.responses.place_of(
            request.reminder_id, _stands_for(caller), _onlooker(caller)
        )
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

    @answers(rpc.SET_PREFERENCES)
    def set_preferences(self, request: rpc.SetPreferences, caller: Caller) -> rpc.PreferencesView:
        command = _command(rpc.SET_PREFERENCES.path, request, caller)
        recipient = request.recipient or caller.subject
        answer = self.rooms.preferring.state(command, recipient, _stated(request))
        return msgspec.convert(answer, rpc.PreferencesView)

    @answers(rpc.PREFERENCES)
    def preferences(self, request: rpc.AskPreferences, caller: Caller) -> rpc.PreferencesView:
        recipient = _of_own(request.recipient, caller)
        view = self.rooms.preferences.view_of(self.rooms.notify.log_of_events, recipient)
        return msgspec.convert(view, rpc.PreferencesView)

    @answers(rpc.TRY_CHANNELS)
    def try_channels(self, request: rpc.TryChannels, caller: Caller) -> rpc.ChannelsTried:
        tried = self.rooms.preferring.try_out(_of_own(request.recipient, caller))
        return msgspec.convert({"tried": tried}, rpc.ChannelsTried)

    @answers(rpc.DIGEST)
    def digest(self, request: rpc.AskDigest, caller: Caller) -> rpc.DigestView:
        try:
            told = self._digest(request, caller)
        except CasesAway as away:
            raise Failure(away.code) from away
        return msgspec.convert(told, rpc.DigestView)

    def _digest(self, request: rpc.AskDigest, caller: Caller) -> dict[str, Any]:
        if request.kind == "morning":
            leader = _of_own(request.recipient, caller)
            return self.rooms.digests.morning(leader, *_onlooker(caller))
        office, follows = request.office or caller.office, bool(caller.roles & FOLLOWERS)
        if not follows and (office != caller.office or "office_head" not in caller.roles):
            raise Failure("office_not_allowed", fields={"office": "one's own office's only"})
        if not office:
            raise Failure("bad_value", fields={"office": "is needed by who has none"})
        return self.rooms.digests.weekly(office, *_onlooker(caller))

    @answers(LOG[NAME])
    def log(self, request: ReadLog, _caller: Caller) -> EventList:
        events, head = self.rooms.assembly.events_after(request.after, request.limit)
        return EventList(events=events, head=head)

    @answers(HEALTH[NAME])
    def health(self, _request: AskHealth, _caller: Caller) -> NotifyHealth:
        given_up = self.rooms.reminders.given_up(self.rooms.notify.log_of_events, GIVEN_UP_COUNTED)
        told = {**self.rooms.assembly.health(), "given_up": {**given_up, "shown_by": SHOWN_BY}}
        return msgspec.convert(told, NotifyHealth)

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
    stands_for, onlooker = _stands_for(caller), _onlooker(caller)
    return Command(caller.subject, onlooker, stands_for, current_correlation_id(), key)


def _onlooker(caller: Caller) -> tuple[str, str]:
    """Return what a caller may be a party by."""
    return caller.subject, caller.office


def _own(caller: Caller) -> frozenset[str]:
    """Return the recipients that a caller is."""
    heads = {head_of(caller.office)} if "office_head" in caller.roles else set()
    return frozenset({caller.subject, *heads})


def _stands_for(caller: Caller) -> frozenset[str] | None:
    """Return the recipients whose reminders a caller may see to; None for all of them."""
    return None if caller.roles & FOLLOWERS else _own(caller)


def _of_own(recipient: str | None, caller: Caller) -> str:
    """Return the recipient asked for, oneself unless given; others' are for operators."""
    asked, own = recipient or caller.subject, _stands_for(caller)
    if own is not None and asked not in own:
        raise Failure("role_not_allowed", fields={"recipient": "one's own only"})
    return asked


def _stated(request: rpc.SetPreferences) -> Stated:
    """Return preferences as they were stated.

    Raises:
        Failure: they do not fit together.
    """
    kinds = [channel.kind for channel in request.channels]
    if len(set(kinds)) < len(kinds):
        raise Failure("bad_value", fields={"channels": "takes one of each kind"})
    for place, channel in enumerate(request.channels):
        if not ADDRESSES[channel.kind].fullmatch(channel.address):
            fields = {f"channels[{place}].address": f"is none of {channel.kind}"}
            raise Failure("bad_value", fields=fields)
    _check_recipient(request.digest, request.recipient or "")
    if request.hours is not None and request.hours.begins >= request.hours.ends:
        raise Failure("bad_value", fields={"hours.ends": "does not lie after begins"})
    if request.digest != "none" and request.hours and request.hours.ends <= f"{AT:%H:%M}":
        raise Failure("bad_value", fields={"hours.ends": "lies before the digest is made"})
    for place, deputy in enumerate(request.deputies):
        if deputy.last_day < deputy.first_day:
            fields = {f"deputies[{place}].last_day": "lies before first_day"}
            raise Failure("bad_value", fields=fields)
    endpoints = [Endpoint(each.kind, each.address, each.secret) for each in request.channels]
    hours = msgspec.to_builtins(request.hours) if request.hours else None
    deputies = [msgspec.to_builtins(each) for each in request.deputies]
    return Stated(endpoints, hours, deputies, request.digest)


def _check_recipient(digest: str, recipient: str) -> None:
    """Refuse a recipient who is nobody, or a digest that could not be made for him."""
    prefix, head, office = recipient.rpartition(OFFICE_HEAD)
    is_head = bool(head and not prefix and OFFICE.fullmatch(office))
    if digest == "weekly" and not is_head:
        raise Failure("bad_value", fields={"digest": "weekly is for office_head:<office>"})
    if head and not is_head:
        raise Failure("bad_value", fields={"recipient": "names the head of no office"})
    if digest == "morning" and head:
        raise Failure("bad_value", fields={"digest": "morning is for a leader"})


def _recipient(request: rpc.ListReminders, caller: Caller) -> str | None:
    """Return whose reminders are listed: one's own, unless one watches over all."""
    if caller.roles & FOLLOWERS:
        return request.recipient
    if request.recipient is None or request.recipient in _own(caller):
        return request.recipient or caller.subject
    raise Failure("role_not_allowed", fields={"recipient": "one's own reminders only"})
