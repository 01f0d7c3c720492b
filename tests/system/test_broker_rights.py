"""What an agency may do at the broker with the rights that docs/operations.md gives it."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from amqp.exceptions import AccessRefused
from kombu.connection import Connection

from tests.servers import RabbitServer
from tests.system.petitions import OFFICE, request_id
from tests.system.running_platform import Platform, wait_until
from tests.system.test_outside_clients import told_to

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"


def documented(block: int) -> list[list[str]]:
    """The commands of one of the blocks about agencies, as the document gives them."""
    section = OPERATIONS.read_text().partition("## Rights at the broker")[2]
    text = re.findall(r"```\n(.*?)```", section, re.DOTALL)[block]
    return [shlex.split(line)[1:] for line in text.replace("\\\n", " ").splitlines()]


@pytest.fixture(scope="module")
def agency(platform: Platform, rabbit_server: RabbitServer) -> Iterator[str]:
    """URI of an agency's own user."""
    for command in documented(0):
        rabbit_server.ctl(*[word.replace("PASSWORD", "geheim") for word in command])
    parts = urlsplit(platform.amqp_uri)
    yield urlunsplit(parts._replace(netloc=f"agency:geheim@127.0.0.1:{parts.port}"))
    rabbit_server.ctl("delete_user", "agency")


@pytest.fixture
def channel(agency: str) -> Iterator[Any]:
    with Connection(agency) as connection:
        yield connection.channel()


def test_it_calls_and_is_answered(platform: Platform, channel: Any) -> None:
    address = str(uuid4())
    channel.queue_declare(f"rpc.reply-{address}", exclusive=True)
    channel.queue_bind(f"rpc.reply-{address}", exchange="nameko-rpc", routing_key=address)
    request = channel.prepare_message(
        json.dumps({"args": [], "kwargs": {}}).encode(),
        content_type="application/json",
        properties={"reply_to": address, "correlation_id": "1"},
    )
    channel.basic_publish_confirm(request, exchange="nameko-rpc", routing_key="intake.search")
    answer = wait_until(lambda: channel.basic_get(f"rpc.reply-{address}", no_ack=True))
    assert json.loads(answer.body)["error"]["exc_type"] == "token_missing"


def test_it_publishes_no_events(channel: Any) -> None:
    """Whoever could would put facts on record that nobody recorded."""
    message = channel.prepare_message(b"[]")
    with pytest.raises(AccessRefused):
        channel.basic_publish_confirm(message, exchange="shouwen.events", routing_key="intake")


def test_it_answers_nobody(channel: Any) -> None:
    message = channel.prepare_message(b"{}")
    with pytest.raises(AccessRefused):
        channel.basic_publish_confirm(message, exchange="nameko-rpc", routing_key=str(uuid4()))


@pytest.mark.parametrize("queue", ["rpc-intake", "shouwen.audit.events", "shouwen.intake.dead"])
def test_it_reads_no_queue_of_a_service(platform: Platform, channel: Any, queue: str) -> None:
    """Requests hold names, and the tokens of others."""
    with pytest.raises(AccessRefused):
        channel.basic_get(queue)


def test_it_gets_no_copy_of_what_others_ask(channel: Any) -> None:
    queue = f"rpc.reply-{uuid4()}"
    channel.queue_declare(queue, exclusive=True)
    with pytest.raises(AccessRefused):
        channel.queue_bind(queue, exchange="nameko-rpc", routing_key="intake.*")


def test_it_deletes_no_exchange(channel: Any) -> None:
    with pytest.raises(AccessRefused):
        channel.exchange_delete("nameko-rpc")


def test_a_plain_nameko_client_calls_everything(
    platform: Platform, rabbit_server: RabbitServer, agency: str, tmp_path: Path
) -> None:
    """With the wider right that the document gives to those."""
    for command in documented(1):
        rabbit_server.ctl(*command)
    tokens = {
        "clerk": platform.token("K1", ["clerk"], OFFICE),
        "leader": platform.token("L1", ["leader"], OFFICE),
        "auditor": platform.token("A1", ["auditor"]),
    }
    told = told_to("outside_nameko.py", [agency, tokens, OFFICE, f"a-{request_id()}"], tmp_path)
    assert told["closed"]["state"] == "closed"
