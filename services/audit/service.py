"""Audit on the wire: parse, call, answer."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from chassis.identity import Caller
from chassis.jurisdiction import Actor
from chassis.messaging.feed import EventFeed
from chassis.messaging.pace import SOON_S
from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from chassis.observability import current_correlation_id
from contracts.events import MESSAGES
from contracts.failures import Failure
from contracts.rpc import audit as rpc
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
from services.audit.application.looking import Asked, Found, Place
from services.audit.application.sight import Reader
from services.audit.bootstrap import Rooms
from services.audit.domain.evidence import Sought
from services.audit.domain.leaves import petition_of
from services.audit.domain.timeline import Period
from services.audit.gateways.bundles import absence_of, bundle_of
from services.audit.readmodels.feed import Page
from services.audit.settings import FOLLOWS, NAME


class AuditService:
    """Histories of cases, and the ledger."""

    name: ClassVar = NAME
    rooms: Rooms = Wired()
    events = EventFeed(*FOLLOWS, pace_s=SOON_S)

    @answers(rpc.REPLAY)
    def replay(self, request: rpc.ReplayCase, caller: Caller) -> rpc.History:
        period = _period(request.since, "as_of", request.as_of)
        self._catch_up()
        answer = self.rooms.audit.replay(
            _reader(caller),
            request.number,
            period,
            request.occurred_until,
            self.rooms.assembly.inbox.complete_positions(),
        )
        facts = {name: [asdict(fact) for fact in answer[name]] for name in ("entries", "left")}
        return msgspec.convert({**answer, **facts}, rpc.History)

    @answers(rpc.DEEDS)
    def deeds(self, request: rpc.ListDeeds, caller: Caller) -> rpc.DeedList:
        _check_types(request.types)
        self._catch_up()
        period = _period(request.since, "until", request.until)
        occurred = _period(request.occurred_since, "occurred_until", request.occurred_until)
        asked = Asked(request.actor, "", request.types, period, occurred)
        found, following = self.rooms.looking.deeds(
            _reader(caller), asked, request.cursor, request.limit
        )
        self._disclose(caller, rpc.DEEDS, _about(found))
        return _listed(found, following)

    @answers(rpc.LOOKS)
    def looks(self, request: rpc.ListLooks, caller: Caller) -> rpc.DeedList:
        number, actor = request.number or "", request.actor or ""
        if not (number or actor):
            raise Failure("bad_value", fields={"number": "name a petition, or a person as `actor`"})
        self._catch_up()
        period = _period(request.since, "until", request.until)
        found, following = self.rooms.looking.looks(
            _reader(caller), number, actor, period, request.cursor, request.limit
        )
        self._disclose(caller, rpc.LOOKS, _about(found), number)
        return _listed(found, following)

    @answers(rpc.STANDINGS)
    def standings(self, request: rpc.ListStandings, caller: Caller) -> rpc.StandingList:
        self._catch_up()
        as_of = request.as_of or self.rooms.audit.clock()
        place = Place(request.region, request.office or "")
        items, following = self.rooms.looking.standings(
            _reader(caller), place, as_of, request.cursor, request.limit, request.occurred_until
        )
        self._disclose(caller, rpc.STANDINGS, (each.petition_id for each in items))
        shown = [msgspec.convert(asdict(each), rpc.CaseStanding) for each in items]
        return rpc.StandingList(as_of=as_of, items=shown, next_cursor=following)

    @answers(rpc.EXPORT)
    def export(self, request: rpc.ExportCase, caller: Caller) -> rpc.Bundle:
        self._catch_up()
        evidence = self.rooms.audit.export(_reader(caller), request.number, request.known_size)
        content = b64encode(bundle_of(evidence, self.rooms.ledger.keys())).decode()
        return rpc.Bundle(number=evidence.number, size=evidence.growth.size, content=content)

    @answers(rpc.ABSENCE)
    def absence(self, request: rpc.ProveAbsence, caller: Caller) -> rpc.Absence:
        if bool(request.number) == bool(request.petition_id):
            raise Failure("bad_value", fields={"number": "name a number, or else a petition's id"})
        self._catch_up()
        absence = self.rooms.disclosing.absence(
            _reader(caller), _sought(request), request.known_size
        )
        content = b64encode(absence_of(absence, self.rooms.ledger.keys())).decode()
        return rpc.Absence(
            size=absence.growth.size, stated_size=absence.stated_size, content=content
        )

    @answers(rpc.CHECKPOINT)
    def checkpoint(self, request: rpc.AskCheckpoint, _caller: Caller) -> rpc.SignedCheckpoint:
        return msgspec.convert(
            self.rooms.ledger.checkpoint(request.known_size), rpc.SignedCheckpoint
        )

    @answers(rpc.LEAVES)
    def leaves(self, request: rpc.ReadLeaves, caller: Caller) -> rpc.LeafList:
        leaves, size = self.rooms.ledger.leaves(request.after, request.limit)
        self._disclose(caller, rpc.LEAVES, map(petition_of, leaves))
        return rpc.LeafList(leaves=leaves, size=size)

    @answers(rpc.RECEIPTS)
    def receipts(self, request: rpc.AskReceipts, caller: Caller) -> rpc.ReceiptList:
        receipts = self.rooms.ledger.receipts(request.positions)
        self._disclose(
            caller, rpc.RECEIPTS, (petition_of(each["leaf"]) for each in receipts["items"])
        )
        return msgspec.convert(receipts, rpc.ReceiptList)

    @answers(rpc.FEED)
    def feed(self, request: rpc.ReadFeed, caller: Caller) -> rpc.FeedPage:
        _check_types(request.types)
        read = self.rooms.feed.page if caller.roles & FOLLOWERS else self._of_agency(caller)
        with self.rooms.audit.log_of_events.reading() as transaction:
            page = read(transaction, request.after, request.types, request.limit)
        self._disclose(caller, rpc.FEED, (event.subject for event in page.events))
        return rpc.FeedPage(**{**page._asdict(), "lost": page.lost or UNSET})

    @answers(rpc.MATTERS)
    def matters(self, request: rpc.ReadMatters, caller: Caller) -> rpc.MatterList:
        with self.rooms.audit.log_of_events.reading() as transaction:
            page = self.rooms.matters.page(transaction, request.cursor, request.limit)
        items, strays, size, following = page
        about = [*(item["petition_id"] for item in items), *(about for _, about in strays)]
        self._disclose(caller, rpc.MATTERS, about)
        return rpc.MatterList(
            items=msgspec.convert(items, list[rpc.KeptMatter]),
            strays=[name for name, _ in strays],
            size=size,
            next_cursor=following,
        )

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

    def _of_agency(self, caller: Caller) -> Callable[..., Page]:
        return partial(self.rooms.feed.page_of_agency, agency=caller.subject)

    def _disclose(
        self,
        caller: Caller,
        method: Method[Any, Any],
        petition_ids: Iterable[str],
        number: str = "",
    ) -> None:
        """Put on record which sealed cases an answer shows, before it is given."""
        self.rooms.disclosing.shown(_reader(caller), method.path, petition_ids, number)

    def _catch_up(self) -> None:
        try:
            self.rooms.assembly.inbox.catch_up()
        except Failure as failure:
            raise Failure("history_incomplete", fields=failure.fields) from failure


def _check_types(types: Sequence[str]) -> None:
    """Refuse what would be answered with nothing, for ever: a name that no event has."""
    if unknown := sorted(set(types) - MESSAGES.keys()):
        raise Failure("bad_value", fields={"types": f"no event is called {', '.join(unknown)}"})


def _period(since: datetime | None, end: str, until: datetime | None) -> Period:
    """Return a period; one that ends before it begins would read as if nothing had happened.

    Args:
        end: name of the field that says until when.
    """
    if since is not None and until is not None and until < since:
        lies = f"lies before the beginning: name {since.isoformat()} or later, or leave one out"
        raise Failure("bad_value", fields={end: lies})
    return Period(since, until)


def _listed(found: Sequence[Found], following: str) -> rpc.DeedList:
    items = [
        msgspec.convert({**asdict(fact), "petition_id": petition_id}, rpc.Deed)
        for petition_id, fact in found
    ]
    return rpc.DeedList(items=items, next_cursor=following)


def _about(found: Iterable[Found]) -> Iterator[str]:
    for each in found:
        yield from each.about


def _sought(request: rpc.ProveAbsence) -> Sought:
    if request.number:
        return Sought("number", request.number)
    return Sought("petition", request.petition_id or "")


def _reader(caller: Caller) -> Reader:
    actor = Actor(caller.subject, caller.office, current_correlation_id())
    return Reader(actor, auditing="auditor" in caller.roles, is_program="service" in caller.roles)
