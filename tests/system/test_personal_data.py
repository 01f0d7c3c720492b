"""Names, numbers and texts planted through every door stay in intake's vault (promise P5)."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from kombu.connection import Connection
from kombu.entity import Queue

from chassis.messaging import topology
from contracts.failures import Failure
from contracts.fields import PUBLISHED
from shouwen.hosting import SERVICES
from tests.servers import RabbitServer
from tests.system.petitions import OFFICE, receive, registration, request_id
from tests.system.running_platform import Platform, wait_until

SECRET = "欧阳植入"
PERSON = {
    "name": f"{SECRET}甲",
    "phone": "15400009999",
    "id_number": "330424194001019999",
    "address": f"{SECRET}路九十九号",
}
TEXTS = {
    "title": f"{SECRET}的标题",
    "body": f"{SECRET}的正文",
    "place": f"{SECRET}的地点",
    "accused": [f"{SECRET}被告"],
}
UNREADABLE = 2
NEEDLES = (SECRET, *list(PERSON.values())[1:3])


def planted(**given: Any) -> dict[str, Any]:
    """A registration whose every text and person is a secret."""
    secrets: dict[str, Any] = {
        **TEXTS,
        "petitioner": {**PERSON, "name": f"{SECRET}{uuid.uuid4().hex[:6]}"},
        "representatives": [PERSON],
        "co_signers": [PERSON],
        "agent": PERSON,
        "headcount": 5,
    }
    return registration(**{**secrets, **given})


# Secrets where they do not belong, each refused, by the method that is asked.
MISPLACED: list[tuple[str, dict[str, Any]]] = [
    *[
        ("intake.register", planted(**{name: SECRET}))
        for name in ("request_id", "office", "channel", "petition_class", "occurred_at",
                     "headcount", "repeat_of", "petitioner", SECRET)
    ],
    ("intake.register", planted(petitioner={**PERSON, SECRET: PERSON["phone"]})),
    ("intake.register", planted(petitioner={**PERSON, "name": SECRET * 100})),
    ("intake.register", planted(title=f"{SECRET}\x00")),
    ("intake.register_many", {"items": SECRET}),
    ("intake.status", {"number": SECRET, "query_code": PERSON["phone"]}),
    ("intake.search", {"state": SECRET}),
    ("intake.search", {"cursor": SECRET}),
    ("responsibility.receive", {"request_id": request_id(), "number": SECRET}),
    ("responsibility.owner_of", {"number": PERSON["id_number"]}),
    ("audit.replay", {"number": SECRET}),
    (f"intake.{SECRET}", {SECRET: SECRET}),
]  # fmt: skip


# Words that stand in events: a telephone number among them is refused.
PUBLISHED_WORDS: dict[str, dict[str, Any]] = {
    "intake.register": planted(),
    "responsibility.succeed": {"to": "L2", "ground": "left_post", "document": "D-1"},
    "responsibility.reply": {"document": "D-1"},
    "responsibility.close": {"outcome": "settled", "reply_document": "D-1"},
    "responsibility.reopen": {"reason": "未办", "document": "D-1"},
}


def ask_head(platform: Platform, path: str, given: dict[str, Any]) -> Any:
    if path == "intake.register":
        given = {name: value for name, value in given.items() if name != "number"}
    return platform.call("H1", "office_head", OFFICE, path, **{**given, "request_id": request_id()})


def send_unreadable(platform: Platform) -> None:
    """What nobody can read or answer, full of secrets, to every service."""
    with Connection(platform.amqp_uri) as connection:
        channel = connection.channel()
        for service in SERVICES:
            unanswerable = {"args": [], "kwargs": planted()}
            for body in (json.dumps(unanswerable, ensure_ascii=False), f"{{ {SECRET}"):
                message = channel.prepare_message(body.encode(), content_type="application/json")
                channel.basic_publish(message, exchange="nameko-rpc", routing_key=f"{service}.log")


@dataclass
class Spy:
    """A queue of our own bound to all events."""

    queue: Any
    bodies: list[bytes] = field(default_factory=list)

    def read(self) -> list[bytes]:
        while (message := self.queue.get(no_ack=True)) is not None:
            self.bodies.append(as_bytes(message.body))
        return self.bodies


def purge_dead_letters(platform: Platform) -> None:
    with Connection(platform.amqp_uri) as connection:
        for service in SERVICES:
            connection.channel().queue_purge(topology.dead_queue(service).name)


def all_buried(platform: Platform) -> bool:
    parked = [
        platform.call("O1", "operator", "", f"{service}.parked")["dead_letters"]
        for service in SERVICES
    ]
    return parked == [UNREADABLE] * len(SERVICES)


def as_bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


@contextmanager
def spying(platform: Platform) -> Iterator[Spy]:
    with Connection(platform.amqp_uri) as connection:
        queue = Queue(f"spy-{uuid.uuid4()}", topology.EVENTS, routing_key="#", exclusive=True)
        bound = queue.bind(connection.channel())
        bound.declare()
        yield Spy(bound)


def holds_secret(content: bytes) -> list[str]:
    """Which of the secrets stand in the content, as UTF-8, escaped as JSON does, or in hex."""
    forms = {
        needle: (
            needle.encode(),
            json.dumps(needle)[1:-1].encode(),
            needle.encode().hex().encode(),
        )
        for needle in NEEDLES
    }
    return [needle for needle, ways in forms.items() if any(way in content for way in ways)]


@pytest.fixture(scope="module")
def told(platform: Platform) -> Iterator[list[bytes]]:
    """Everything that was published while secrets came in, the services saying all they can."""
    for service in SERVICES:
        assert platform.terminate(service) == 0
        platform.start(service, program=["tests.system.talkative"])
    wait_until(platform.healthy)
    with spying(platform) as spy:
        purge_dead_letters(platform)
        plant(platform)
        send_unreadable(platform)
        wait_until(platform.caught_up)
        wait_until(partial(all_buried, platform))
        yield spy.read()
    purge_dead_letters(platform)


def plant(platform: Platform) -> None:
    clerk = platform.caller("K1", "clerk", OFFICE)
    number = clerk.call("intake", "register", **planted())["number"]
    clerk.call("intake", "register", **planted(petition_class="accusation"))
    items = [planted(), planted(office=SECRET), planted(title=f"{SECRET}\x00"), {SECRET: SECRET}]
    answer = clerk.call("intake", "register_many", items=items)
    assert [len(answer["registered"]), len(answer["refused"])] == [1, 3]
    for path, given in MISPLACED:
        service, _, method = path.partition(".")
        with pytest.raises(Failure):
            clerk.call(service, method, **given)
    for path, given in PUBLISHED_WORDS.items():
        for name in PUBLISHED & given.keys():
            secret = {"number": number, name: f"{given[name]} {PERSON['phone']}"}
            with pytest.raises(Failure, match="bad_value"):
                ask_head(platform, path, {**given, **secret})
    receive(platform, "L1", number)
    reader = platform.caller("L1", "leader", OFFICE)
    content = reader.call("intake", "petition", number=number, content=True)["content"]
    assert content["body"] == TEXTS["body"]
    platform.call("A1", "auditor", "", "audit.replay", number=number)


class TestPersonalData:
    def test_is_in_no_event(self, told: list[bytes]) -> None:
        assert any(b"petition.registered.v1" in body for body in told)
        assert any(b"content.read.v1" in body for body in told)
        assert [holds_secret(body) for body in told] == [[]] * len(told)

    @pytest.mark.usefixtures("told")
    def test_is_in_no_line_of_any_log(self, platform: Platform) -> None:
        logs = platform.logs()
        assert '"code": "bad_value"' in logs
        assert holds_secret(logs.encode()) == []

    @pytest.mark.usefixtures("told")
    @pytest.mark.parametrize("service", SERVICES)
    def test_is_in_no_table(self, platform: Platform, service: str) -> None:
        """Intake's own tables hold it encrypted only."""
        for table in platform.tables(service):
            rows = platform.rows(f"SELECT t::text FROM {table} t")
            assert holds_secret("".join(row for (row,) in rows).encode()) == [], table

    @pytest.mark.usefixtures("told")
    @pytest.mark.parametrize("service", SERVICES)
    def test_is_in_no_queue_of_dead_letters(self, platform: Platform, service: str) -> None:
        with Connection(platform.amqp_uri) as connection:
            queue = topology.dead_queue(service).bind(connection.channel())
            dead = list(iter(partial(queue.get, no_ack=False), None))
            assert len(dead) == UNREADABLE
            for message in dead:
                said = json.dumps([message.headers, message.properties], default=str)
                assert holds_secret(as_bytes(message.body) + said.encode()) == []

    @pytest.mark.usefixtures("told")
    def test_is_in_no_file_of_the_broker(self, rabbit_server: RabbitServer) -> None:
        """Requests are not kept on disk: our callers send them as transient ones."""
        files = [path for path in rabbit_server.folder.rglob("*") if path.is_file()]
        assert any(b"petition.registered.v1" in path.read_bytes() for path in files)
        found = {path.name: holds_secret(path.read_bytes()) for path in files}
        assert {name: secrets for name, secrets in found.items() if secrets} == {}
