"""Whatever comes through the door of the embedded installation is answered with a code."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import eventlet
import httpx
import pytest

from chassis.environment import SettingInvalid, Variables
from chassis.runtime.surroundings import MEMORY_URI
from contracts.failures import Failure
from shouwen.calling import Call, connected
from shouwen.gateway import SOCKET, Gateway

NOBODY = "unavailable"  # what a well-formed call is answered while no service is hosted
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Path]:
    door = Gateway(MEMORY_URI, tmp_path / SOCKET).start()
    yield tmp_path
    door.kill()


def through(home: Path) -> Call:
    return connected(Variables({"SHOUWEN_HOME": str(home)}), "", [], "")


def code_of(home: Path, body: bytes, **headers: str) -> str:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(home / SOCKET))) as client:
        answer = client.post("http://shouwen/intake/health", content=body, headers=headers)
    return str(answer.json()["error"]["exc_type"])


@pytest.mark.parametrize("name", ["service", "method", "self", "kwargs"])
def test_an_argument_may_have_any_name(gateway: Path, name: str) -> None:
    with pytest.raises(Failure, match=NOBODY):
        through(gateway)("intake", "health", {name: "x"})


@pytest.mark.parametrize("body", ["{", "[]", DEEP, f'{{"a": {DEEP}}}', "\x80"])
def test_a_body_that_is_no_object_is_malformed(gateway: Path, body: str) -> None:
    assert code_of(gateway, body.encode("latin-1")) == "malformed"


def test_arguments_too_deep_to_be_sent_on_are_malformed(gateway: Path) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Failure, match="malformed"):
        through(gateway)("intake", "health", {"a": deep})


def test_a_length_that_no_body_may_have_is_malformed(gateway: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(gateway / SOCKET))
        client.sendall(b"POST /intake/health HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n")
        answer = client.recv(65536)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["exc_type"] == "malformed"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"])
def test_a_server_that_ends_during_the_call_is_unavailable(tmp_path: Path, said: bytes) -> None:
    listener = eventlet.listen(str(tmp_path / SOCKET), family=socket.AF_UNIX)

    def end_during_the_call() -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(said)
        connection.close()

    eventlet.spawn(end_during_the_call)
    with pytest.raises(Failure, match="ended during the call"):
        through(tmp_path)("intake", "health", {})


def test_a_folder_too_deep_for_a_socket_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="SHOUWEN_HOME is too deep a folder"):
        Gateway(MEMORY_URI, tmp_path / ("d" * 100) / SOCKET).start()


def test_callers_with_many_tokens_do_not_disturb_one_another(gateway: Path) -> None:
    """Each waits for its own answer, however many come meanwhile."""
    calls = [
        eventlet.spawn(
            connected(
                Variables({"SHOUWEN_HOME": str(gateway), "SHOUWEN_TOKEN": f"t{n}"}), "", [], ""
            ),
            "intake",
            "health",
            {},
        )
        for n in range(150)
    ]
    for call in calls:
        with pytest.raises(Failure, match=NOBODY):
            call.wait()


def test_a_token_of_any_characters_is_sent(gateway: Path) -> None:
    variables = Variables({"SHOUWEN_HOME": str(gateway), "SHOUWEN_TOKEN": "令牌"})
    with pytest.raises(Failure, match=NOBODY):
        connected(variables, "", [], "")("intake", "health", {})
