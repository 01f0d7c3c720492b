"""The checks of the overload find what they are there to find."""

import os
from typing import Any, ClassVar

import pytest

from tests.system import overload
from tests.system.overload import Overload

MB = 1024**2


def seen(**changes: Any) -> Overload:
    """An overload as it should go, except for what is stated."""
    outcomes = {"ok": 100, "busy": 300, **changes.pop("outcomes", {})}
    memory = {"intake": (90 * MB, 99 * MB), "RabbitMQ": (100 * MB, 150 * MB)}
    values = {"looks": 10, "memory": {**memory, **changes.pop("memory", {})}, **changes}
    told = {"outcomes": outcomes, "no_retry_time": 0}
    return Overload(None, 10.0, {"RabbitMQ": 1}, told=told, **values)  # type: ignore[arg-type]


def wrongs(overload: Overload) -> list[str]:
    return [*overload._answered_otherwise(), *overload._unbounded()]


def test_as_it_should_go():
    assert wrongs(seen(outcomes={"no answer": 4})) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"outcomes": {"no answer": 40}},
        {"outcomes": {"internal": 1}},
        {"looks": 1},
        {"memory": {"intake": (90 * MB, 900 * MB)}},
        {"memory": {"RabbitMQ": (90 * MB, 900 * MB)}},
    ],
)
def test_anything_else_is_found(changes):
    assert len(wrongs(seen(**changes))) == 1


def test_memory_of_a_process_is_seen():
    """Where nothing could be read nothing would ever grow."""
    assert overload._of_family(os.getpid()) > MB


def test_a_watch_that_ends_before_its_time_fails_the_run():
    def nobody() -> Any:
        raise FileNotFoundError("a process has gone")

    class Crowd:
        def communicate(self, _task: str) -> tuple[str, None]:
            return "{}", None

    class Platform:
        amqp_uri = "amqp://127.0.0.1:1//"
        processes: ClassVar[dict[str, Any]] = {}

    watched = Overload(Platform(), 1.0, {})  # type: ignore[arg-type]
    watched._crowd = Crowd  # type: ignore[method-assign, assignment]
    watched._task = lambda: ""  # type: ignore[method-assign]
    watched._watch = lambda _over: nobody()  # type: ignore[method-assign]
    with pytest.raises(FileNotFoundError):
        watched.run()
