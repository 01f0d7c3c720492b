"""A case replayed with few and with many cases kept, and how a county stood.

Audit takes in some cases as it always does; the database copies them to as many as are wanted, each
with ids and numbers of its own, in rows and in what the facts say. Whether a copy is what audit
would have written is looked at: its replay has to say of it what that of the original says.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import psycopg2

from bench.measuring import OURS, Measurement, quantile_ms
from bench.run import Run
from chassis.eventstore.instants import utc_now
from chassis.eventstore.location import environment_for
from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.audit.application import Audit
from services.audit.application.looking import Looking, Place
from services.audit.application.sight import Reader
from services.audit.domain.timeline import Period
from services.audit.reactions import reactions
from services.audit.readmodels.entering import enter
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.readmodels.lists import FactLists
from services.audit.readmodels.timelines import TimelineTables
from shouwen.hosting import migrate_all
from tests.builders import actor, cloud_event, number, petition_id, registered

KEPT: Final = (10_000, 1_000_000)
ORIGINALS: Final = 500
LOOKS: Final = 1_000
PLACES: Final = 50
EXAMPLES: Final = Path(__file__).parents[2] / "contracts" / "examples" / "events"
TOLD: Final = (
    ("responsibility", "ownership.taken.v1"),
    ("responsibility", "term.begun.v1"),
    ("responsibility", "reply.delivered.v1"),
    ("responsibility", "case.closed.v1"),
    ("notify", "reminder.planned.v1"),
    ("notify", "reminder.delivered.v1"),
)
READER: Final = Reader(actor("A330000001", "330000-01"), auditing=True)
_ANEW: Final = "md5({column} || c.copy)::uuid::text"
_NUMBER: Final = "overlay({column} placing lpad(c.copy::text, 8, '0') from 11 for 8)"
_COPIES: Final = "generate_series({first}, {last}) AS c (copy)"
_MATTERS: Final = f"""
    INSERT INTO audit.matter (number, petition_id, matter_id, matter_number, repeats_id)
    SELECT {_NUMBER.format(column="m.number")}, {_ANEW.format(column="m.petition_id")},
        {_ANEW.format(column="m.matter_id")}, {_NUMBER.format(column="m.matter_number")}, ''
    FROM public.matters m, {_COPIES}"""
_FACTS: Final = f"""
    INSERT INTO audit.timeline (source, position, petition_id, event_id, type, occurred_at,
        recorded_at, actor, cause, correlation_id, data, stream, stream_version)
    SELECT t.source, t.position + c.copy * 10000, {_ANEW.format(column="t.petition_id")},
        {_ANEW.format(column="t.event_id")}, t.type, t.occurred_at, t.recorded_at, t.actor,
        t.cause, t.correlation_id,
        replace(replace(t.data, t.petition_id, {_ANEW.format(column="t.petition_id")}),
            m.number, {_NUMBER.format(column="m.number")}),
        t.stream, t.stream_version
    FROM public.facts t JOIN public.matters m ON m.petition_id = t.petition_id, {_COPIES}"""


def measure(run: Run) -> Iterator[Measurement]:
    url = run.servers.make_database("replaying")
    migrate_all(lambda _service: url)
    audit = Audit(environment_for(url, "audit"), utc_now, [], TimelineTables(), EvidenceTables())
    try:
        _take_in(audit)
        _keep_originals(url)
        yield from _measured(audit, url)
    finally:
        audit.close()


def _measured(audit: Audit, url: str) -> Iterator[Measurement]:
    copies, first = 0, dict[str, float]()
    for kept in KEPT:
        began = perf_counter()
        wanted = kept // ORIGINALS - 1
        _copy(url, copies + 1, wanted)
        copies = wanted
        _compare(audit, copies)
        filled = perf_counter() - began
        for name, (times, ask) in _questions(audit, copies).items():
            seconds = [_timed(ask) for _ in range(times)]
            p50 = quantile_ms(seconds, 0.5)
            yield Measurement(
                name,
                OURS,
                len(seconds) / sum(seconds),
                "calls/s",
                f"at {kept:,} cases",
                p50_ms=p50,
                p99_ms=quantile_ms(seconds, 0.99),
                goal="10 ms, the same" if name.startswith("replay") else "",
                note=f"p50 {p50 / first.setdefault(name, p50):.2f} x that with the fewest;"
                f" {len(TOLD) + 1} events a case; filled in {filled:.0f} s",
            )


def _questions(audit: Audit, copies: int) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return by name how often each is asked, and how."""
    now = utc_now()
    looking = Looking(audit.log_of_events, FactLists(), utc_now)

    def stood() -> object:
        return looking.standings(READER, Place("330424"), now, "", 50)

    return {
        "replay of a case": (LOOKS, lambda: _replay(audit, _any(copies), Period())),
        "replay as of an instant": (
            LOOKS,
            lambda: _replay(audit, _any(copies), Period(None, now)),
        ),
        "how a county stood, a page of 50": (PLACES, stood),
    }


def _case(serial: int) -> Iterator[CloudEvent]:
    """Yield the events of one case, the serial-th in each log."""
    yield registered(serial, serial)
    for source in ("responsibility", "notify"):
        types = [type_ for told_by, type_ in TOLD if told_by == source]
        for at, type_ in enumerate(types):
            data = json.loads((EXAMPLES / f"{type_}.json").read_text())["data"]
            data |= {"petition_id": petition_id(serial), "number": number(serial)}
            yield cloud_event(source, (serial - 1) * len(types) + at + 1, type_, data)


def _take_in(audit: Audit) -> None:
    inbox = Inbox(
        application=audit,
        service="audit",
        reactions=reactions(MESSAGES, TimelineTables().take_in),
        keeping=enter,
        known=frozenset(MESSAGES),
        sources=(),
        reader=_Nobody(),
    )
    told = [event for serial in range(1, ORIGINALS + 1) for event in _case(serial)]
    for source in ("intake", "responsibility", "notify"):
        inbox.receive([event for event in told if event.service == source])
    if inbox.parked():
        raise RuntimeError(f"parked: {inbox.list_parked(1)}")


class _Nobody:
    """No log is read: all of it is at hand."""

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        raise LookupError(f"{source} beyond {position}, {limit}")

    def close(self) -> None: ...


def _keep_originals(url: str) -> None:
    _execute(
        url,
        "CREATE TABLE public.matters AS TABLE audit.matter",
        "CREATE TABLE public.facts AS TABLE audit.timeline",
    )


def _copy(url: str, first: int, last: int) -> None:
    """Add copies; the indexes are made anew, which takes less time than to fill them."""
    named = "schemaname = 'audit' AND tablename = 'timeline' AND indexname NOT LIKE '%_pkey'"
    indexes = dict(_query(url, f"SELECT indexname, indexdef FROM pg_indexes WHERE {named}"))
    _execute(
        url,
        *(f"DROP INDEX audit.{name}" for name in indexes),
        _MATTERS.format(first=first, last=last),
        _FACTS.format(first=first, last=last),
        *indexes.values(),
        "VACUUM ANALYZE audit.matter, audit.timeline",
        "CHECKPOINT",
    )


def _any(copies: int) -> str:
    copy, original = random.randint(1, copies), number(random.randint(1, ORIGINALS))
    return _numbered(original, copy)


def _numbered(original: str, copy: int) -> str:
    """Return the number of a copy: the day is its own, the county the same."""
    return f"{original[:10]}{copy:08d}{original[18:]}"


def _replay(audit: Audit, numbered: str, period: Period) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = audit.replay(READER, numbered, period, None, {})
    if len(answer["entries"]) < len(TOLD) + 1:
        raise RuntimeError(f"{len(answer['entries'])} events of {numbered}")
    return answer


def _compare(audit: Audit, copies: int) -> None:
    """Look at whether copies are what audit writes: all but the ids and the numbers is the same."""
    for serial in range(1, ORIGINALS + 1, 50):
        original, copy = number(serial), _numbered(number(serial), random.randint(1, copies))
        told = [
            [
                (fact.source, fact.type, fact.occurred_at, fact.recorded_at, fact.actor, fact.data)
                for fact in _replay(audit, each, Period())["entries"]
                if fact.source != "audit"
            ]
            for each in (original, copy)
        ]
        ids = [facts[0][-1]["petition_id"] for facts in told]
        same = json.dumps(told[1], default=str).replace(copy, original).replace(ids[1], ids[0])
        if same != json.dumps(told[0], default=str):
            raise RuntimeError(f"{copy} is not as {original} is")


def _timed(ask: Callable[[], object]) -> float:
    started = perf_counter()
    ask()
    return perf_counter() - started


def _query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _execute(url: str, *statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        for statement in statements:
            with connection.cursor() as cursor:
                cursor.execute(statement)
