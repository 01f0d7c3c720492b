"""What a command costs, counted exactly: SQL statements, round trips to the database, messages.

Statements are those that the server logs while one call of a service's surface, or one event for
its inbox, is handled in this process with nothing else beside it. The borders of transactions
are not counted as statements; a string of several statements is one round trip.
"""

import json
import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg2
from kombu import Connection, Queue

from chassis.environment import Variables
from chassis.eventstore.instants import utc_now
from chassis.identity import TokenIssuer, TokenVerifier, development_key
from chassis.messaging import topology
from chassis.messaging.answering import Call
from chassis.runtime.surroundings import MEMORY_URI, Surroundings
from contracts.envelope import CloudEvent
from contracts.rpc import METHODS
from shouwen.hosting import SERVICES, load
from tests.servers import PostgresServer

OFFICE: Final = "330424-01"
REPLY: Final = "responsibility.reply"
_BORDERS: Final = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "SAVEPOINT")
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Cost:
    """Attributes: log: what the server was told, one string a round trip."""

    log: Sequence[str]

    @property
    def round_trips(self) -> int:
        return len(self.log)

    @property
    def statements(self) -> int:
        return len(self.texts)

    @property
    def texts(self) -> list[str]:
        """The statements without borders of transactions and without values."""
        parts = (part.strip() for told in self.log for part in _LITERAL.sub("''", told).split(";"))
        return [" ".join(part.split()) for part in parts if part and not part.startswith(_BORDERS)]


class StatementLog:
    """The statements that one database is told, as its server logs them."""

    def __init__(self, server: PostgresServer, database: str) -> None:
        self._path = server.log
        connection = psycopg2.connect(server.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {database} SET log_statement = 'all'")
            cursor.execute(f"ALTER DATABASE {database} SET log_min_messages = 'log'")
        connection.close()

    def cost_of(self, work: Callable[[], Any]) -> Cost:
        before = self._path.stat().st_size
        work()
        with self._path.open("rb") as file:
            file.seek(before)
            text = file.read().decode(errors="replace")
        return Cost(list(_told(text)))


def _told(text: str) -> Iterator[str]:
    """Yield each logged string; its further lines begin with a tab."""
    for entry in re.split(r"\n(?!\t)", text):
        _, found, told = entry.partition("LOG:  statement: ")
        if found:
            yield told


@dataclass
class Surfaces:
    """The surfaces of all services in this process, on one database, with no broker and no relay.

    Events are carried over by hand, so that each effect can be counted alone.
    """

    database_url: str
    home: Path
    _carried: Counter[tuple[str, str]] = field(default_factory=Counter)

    @cached_property
    def issuer(self) -> TokenIssuer:
        key, _ = development_key(self.home / "keys" / "development.pem")
        return TokenIssuer(key, utc_now)

    @cached_property
    def verifier(self) -> TokenVerifier:
        return TokenVerifier(self.issuer.jwks())

    @cached_property
    def services(self) -> Mapping[str, Any]:
        around = Surroundings(
            amqp_uri=MEMORY_URI,
            home=self.home,
            verifier=self.verifier,
            service_token=lambda _service: "",
            variables=Variables(
                {
                    name: urlsafe_b64encode(b"k" * 32).decode()
                    for name in ("SHOUWEN_VAULT_KEY", "SHOUWEN_LEDGER_KEY")
                }
            ),
            server_url=self.database_url,
        )
        return {service: _surface(service, around) for service in SERVICES}

    def call(self, role: str, path: str, **arguments: Any) -> Any:
        """Let a surface answer a request as it does when one arrives."""
        service, _, name = path.partition(".")
        token = self.issuer.issue(f"{role}1", [role], OFFICE)
        call = Call(METHODS[path], arguments, token, str(uuid4()))
        surface = self.services[service]
        answer = json.loads(getattr(type(surface), name)(surface, call, self.verifier))
        if answer["error"]:
            raise AssertionError(answer["error"])
        return answer["result"]

    def events_for(self, follower: str, source: str) -> list[CloudEvent]:
        """Return the events of a service that a follower has not been given."""
        assembly = self.services[source].rooms.assembly
        events, _ = assembly.events_after(self._carried[follower, source], 500)
        return events

    def hand_over(self, follower: str, events: Sequence[CloudEvent]) -> None:
        self.services[follower].rooms.assembly.inbox.receive(events)
        if events:
            self._carried[follower, events[0].service] = events[-1].position

    def carry_all(self) -> None:
        """Hand over everything that is outstanding, in both directions, until nothing is left."""
        while outstanding := [
            (follower, events)
            for follower, source in _ways(self.services)
            if (events := self.events_for(follower, source))
        ]:
            for follower, events in outstanding:
                self.hand_over(follower, events)

    def close(self) -> None:
        for surface in self.services.values():
            surface.rooms.assembly.close()


def _surface(service: str, around: Surroundings) -> Any:
    surface = load(service).surface()
    surface.rooms = import_module(f"services.{service}.bootstrap").build(around)
    return surface


def _ways(services: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for follower, surface in services.items():
        for source in surface.rooms.assembly.follows:
            yield follower, source


def costs(log: StatementLog, surfaces: Surfaces) -> dict[str, Cost]:
    """Return what each command and each reaction costs once everything is warm."""
    _course(log, surfaces)
    return _course(log, surfaces)


def _course(log: StatementLog, surfaces: Surfaces) -> dict[str, Cost]:
    """Take one petition through its course; each step's further effects come outside its count."""
    counted: dict[str, Cost] = {}
    answers: dict[str, Any] = {}

    def count(name: str, work: Callable[[], Any]) -> None:
        def kept() -> None:
            answers[name] = work()

        counted[name] = log.cost_of(kept)

    count("register", lambda: surfaces.call("clerk", "intake.register", **registration()))
    number = answers["register"]["number"]
    _count_reactions(count, surfaces, "registered", "intake", ("responsibility", "audit"))
    surfaces.carry_all()
    count("receive", lambda: surfaces.call("leader", "responsibility.receive", **command(number)))
    _count_reactions(count, surfaces, "taken", "responsibility", ("notify", "intake", "audit"))
    surfaces.carry_all()
    if REPLY in METHODS:
        reply = {**command(number), "document": "D-1", "delivered_at": utc_now().isoformat()}
        count("reply", lambda: surfaces.call("leader", REPLY, **reply))
        _count_reactions(count, surfaces, "replied", "responsibility", ("notify",))
        surfaces.carry_all()
    count("close", lambda: surfaces.call("leader", "responsibility.close", **closing(number)))
    surfaces.carry_all()
    return counted


def _count_reactions(
    count: Callable[[str, Callable[[], Any]], None],
    surfaces: Surfaces,
    happened: str,
    source: str,
    followers: Sequence[str],
) -> None:
    """Count what one event makes of each follower."""
    for follower in followers:
        events = surfaces.events_for(follower, source)
        surfaces.hand_over(follower, events[:-1])
        count(f"{follower} on {happened}", lambda: surfaces.hand_over(follower, events[-1:]))  # noqa: B023 - called now


def registration() -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "office": OFFICE,
        "channel": "visit",
        "petition_class": "appeal",
        "category": "城乡建设/物业管理",
        "title": "电梯停运",
        "body": "电梯停运三周,老人上下楼困难。",
        "occurred_at": (utc_now() - timedelta(hours=1)).isoformat(),
        "petitioner": {"name": f"张{uuid4().hex[:8]}", "phone": "15400001111"},
    }


def command(number: str) -> dict[str, Any]:
    return {"request_id": str(uuid4()), "number": number}


def closing(number: str) -> dict[str, Any]:
    done_at = utc_now().isoformat()
    return {
        **command(number),
        "outcome": "settled",
        "reply_document": "D-1",
        "follow_up_visit_at": done_at,
        "evaluation_asked_at": done_at,
    }


class Tap:
    """Counts the event messages of each service from now on, on a queue of its own."""

    def __init__(self, connection: Connection) -> None:
        channel = connection.channel()
        self._queue = Queue(
            f"tap-{uuid4()}", topology.EVENTS, routing_key="#", exclusive=True, durable=False
        ).bind(channel)
        topology.EVENTS.bind(channel).declare()
        self._queue.declare()

    def messages(self) -> Counter[str]:
        """Return service to messages since the last question."""
        seen: Counter[str] = Counter()
        while (message := self._queue.get(no_ack=True)) is not None:
            seen[message.delivery_info["routing_key"]] += 1
        return seen


@contextmanager
def tapped(amqp_uri: str) -> Iterator[Tap]:
    with Connection(amqp_uri) as connection:
        yield Tap(connection)
