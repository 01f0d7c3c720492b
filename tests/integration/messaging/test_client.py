"""The typed client of the contracts, on a real broker, as an outsider uses it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest

from chassis.messaging.rpc import answers
from chassis.messaging.wiring import Wired
from chassis.observability import current_correlation_id
from contracts.client import Client
from contracts.failures import Failure
from contracts.rpc.method import Answer, Method, Request
from tests.integration.messaging.parts import Greeting, Rig, wait_until
from tests.integration.messaging.parts import Method as OwnMethod


class Echo(Request, frozen=True):
    text: str


class Echoed(Answer, frozen=True):
    text: str
    caller: str


class Traced(Answer, frozen=True):
    correlation_id: str


class Amount(Answer, frozen=True):
    amount: int


@pytest.fixture
def rig(rabbitmq_uri: str) -> Iterator[Rig]:
    with ExitStack() as endings:
        yield Rig(rabbitmq_uri, endings)


@pytest.fixture
def client(rig: Rig) -> Iterator[Client]:
    rig.answering()
    with Client(rig.amqp_uri, "staff-7:clerk", timeout_s=5) as made:
        yield made


def method(rig: Rig, name: str, answer: Any = Echoed) -> Method[Echo, Any]:
    return Method(rig.service, name, Echo, answer, frozenset(), "")


def code_of(client: Client, asked: Method[Echo, Any]) -> str:
    try:
        client.call(asked, Echo(text="a"))
    except Failure as failure:
        return failure.code
    return "ok"


def tracing_service(service: str) -> type:
    class Service:
        name = service
        rooms = Wired()

        @answers(OwnMethod("echo", Greeting))
        def echo(self, request, caller):
            return {"correlation_id": current_correlation_id()}

    return Service


class TestClient:
    def test_a_request_goes_in_and_an_answer_comes_out(self, rig, client):
        answer = client.call(method(rig, "echo_to_clerks"), Echo(text="电梯"))
        assert answer == Echoed(text="电梯", caller="staff-7")

    def test_the_token_may_be_renewed_and_left_out(self, rig, client):
        client.token = "staff-8:clerk"
        assert client.call(method(rig, "echo_to_clerks"), Echo(text="a")).caller == "staff-8"
        client.token = ""
        with pytest.raises(Failure) as raised:
            client.call(method(rig, "echo_to_clerks"), Echo(text="a"))
        assert raised.value.code == "token_missing"

    def test_the_correlation_id_is_the_callers_or_a_new_one_each_time(self, rig):
        rig.host(tracing_service(rig.service))
        traced = method(rig, "echo", Traced)
        with Client(rig.amqp_uri) as client:
            assert client.call(traced, Echo(text="a"), "call-77").correlation_id == "call-77"
            made = {client.call(traced, Echo(text="a")).correlation_id for _ in range(3)}
        assert len(made) == 3

    def test_a_refusal_keeps_code_and_fields(self, rig, client):
        with pytest.raises(Failure) as raised:
            client.call(method(rig, "refuse"), Echo(text="a"))
        assert (raised.value.code, raised.value.fields) == ("case_closed", {"since": "2026-11-24"})

    def test_an_answer_of_another_form_is_internal(self, rig, client):
        with pytest.raises(Failure) as raised:
            client.call(method(rig, "echo", Amount), Echo(text="a"))
        assert raised.value.code == "internal"
        assert isinstance(raised.value.__cause__, msgspec.ValidationError)

    def test_a_service_that_is_not_there_is_unavailable(self, client):
        nowhere = Method("nobody", "echo", Echo, Echoed, frozenset(), "")
        with pytest.raises(Failure) as raised:
            client.call(nowhere, Echo(text="a"))
        assert (raised.value.code, raised.value.fields) == ("unavailable", {"service": "nobody"})

    def test_after_an_answer_that_does_not_come_in_time_the_client_goes_on(self, rig):
        """The late answer to the first call is not taken for that to the second."""
        rig.answering()
        with Client(rig.amqp_uri, timeout_s=0.5) as client:
            started = time.monotonic()
            with pytest.raises(Failure) as raised:
                client.call(method(rig, "wait", str), Echo(text="a"))
            assert time.monotonic() - started < 5
            assert raised.value.code == "unavailable"
            rig.rooms.gate.send()
            assert client.call(method(rig, "echo"), Echo(text="b")).text == "b"

    def test_it_finds_the_broker_again_and_fails_by_code_until_then(
        self, rig, client, rabbit_server
    ):
        assert client.call(method(rig, "echo"), Echo(text="before")).text == "before"
        rig._channel = None
        rabbit_server.stop()
        codes = [code_of(client, method(rig, "echo"))]
        rabbit_server.start()

        def answers_again() -> bool:
            codes.append(code_of(client, method(rig, "echo")))
            return codes[-1] == "ok"

        wait_until(answers_again, patience_s=30)
        assert set(codes) == {"unavailable", "ok"}

    def test_a_broker_that_is_away_is_unavailable(self):
        away = Client("amqp://guest:guest@127.0.0.1:9//", timeout_s=0.3)
        with pytest.raises(Failure) as raised, away as client:
            client.call(Method("intake", "echo", Echo, Echoed, frozenset(), ""), Echo(text="a"))
        assert raised.value.code == "unavailable"
