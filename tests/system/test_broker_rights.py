"""What an agency may do at the broker with the rights that docs/operations.md gives it."""

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
from tests.system.running_platform import Platform
from tests.system.test_outside_clients import told_to

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"


def documented() -> list[list[str]]:
    """The commands for an agency, as the document gives them."""
    section = OPERATIONS.read_text().partition("## Rights at the broker")[2]
    block = re.findall(r"```\n(.*?)```", section, re.DOTALL)[0]
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("rabbitmqctl ")]


@pytest.fixture(scope="module")
def agency(platform: Platform, rabbit_server: RabbitServer) -> Iterator[str]:
    """URI of an agency's own user."""
    for command in documented():
        rabbit_server.ctl(*[word.replace("PASSWORD", "geheim") for word in command])
    parts = urlsplit(platform.amqp_uri)
    yield urlunsplit(parts._replace(netloc=f"agency:geheim@127.0.0.1:{parts.port}"))
    rabbit_server.ctl("delete_user", "agency")


@pytest.fixture
def channel(agency: str) -> Iterator[Any]:
    with Connection(agency) as connection:
        yield connection.channel()


def test_a_plain_nameko_client_calls_everything(
    platform: Platform, agency: str, tmp_path: Path
) -> None:
    tokens = {
        "clerk": platform.token("K1", ["clerk"], OFFICE),
        "leader": platform.token("L1", ["leader"], OFFICE),
        "auditor": platform.token("A1", ["auditor"]),
    }
    told = told_to("outside_nameko.py", [agency, tokens, OFFICE, f"a-{request_id()}"], tmp_path)
    assert told["closed"]["state"] == "closed"


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
