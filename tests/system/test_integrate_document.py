"""docs/integrate.md keeps its word: its messages, sent with nothing but an AMQP library."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import pytest

from contracts.failures import CODES
from tests.system.running_platform import Platform

PAGE = (Path(__file__).parents[2] / "docs/integrate.md").read_text()
BODIES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
REGISTER, REGISTERED, REFUSED_REQUEST, REFUSAL = BODIES[:4]


class Outsider:
    """An AMQP connection with a queue for answers, as the document describes it."""

    def __init__(self, uri: str, token: str) -> None:
        parts = urlsplit(uri)
        self._connection = amqp.Connection(
            f"{parts.hostname}:{parts.port}", parts.username, parts.password
        )
        self._connection.connect()
        self._channel = self._connection.channel()
        self._token = token
        self._address = str(uuid.uuid4())
        self._answers: dict[str, Any] = {}
        queue = f"rpc.reply-jiezhen-{self._address}"
        self._channel.queue_declare(
            queue, durable=True, auto_delete=False, arguments={"x-expires": 300000}
        )
        self._channel.queue_bind(queue, "nameko-rpc", self._address)
        self._channel.basic_consume(queue, callback=self._arrived, no_ack=True)

    def call(self, method: str, body: Mapping[str, Any]) -> Any:
        call_id = str(uuid.uuid4())
        message = amqp.Message(
            json.dumps(body, ensure_ascii=False).encode(),
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            reply_to=self._address,
            correlation_id=call_id,
            application_headers={"nameko.auth_token": self._token},
        )
        self._channel.basic_publish(message, "nameko-rpc", method, mandatory=True)
        while call_id not in self._answers:
            self._connection.drain_events(timeout=30)
        return self._answers.pop(call_id)

    def close(self) -> None:
        self._connection.close()

    def _arrived(self, message: Any) -> None:
        self._answers[message.properties["correlation_id"]] = json.loads(message.body)


@pytest.fixture
def outsider(platform: Platform) -> Iterator[Outsider]:
    token = platform.issuer.issue("K1", ["clerk"], "330424-01")
    caller = Outsider(platform.amqp_uri, token)
    yield caller
    caller.close()


def test_the_request_of_the_document_is_answered_in_the_form_of_the_document(
    outsider: Outsider,
) -> None:
    answer = outsider.call("intake.register", REGISTER)
    assert answer["error"] is None
    assert answer["result"].keys() == REGISTERED["result"].keys()
    assert outsider.call("intake.register", REGISTER) == answer


def test_the_refusal_of_the_document_is_what_comes(outsider: Outsider) -> None:
    assert outsider.call("intake.register", REFUSED_REQUEST) == REFUSAL


def test_every_failure_code_is_explained_once() -> None:
    table = PAGE.partition("## Failure codes")[2].partition("## Following")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [code for cell in first_cells for code in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(CODES)
