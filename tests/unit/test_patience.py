"""Whoever is told to come again comes again, with the same call."""

from typing import Any

import pytest

from contracts.failures import Failure
from shouwen.calling import patient


class Busy:
    """Refuses some times, then answers."""

    def __init__(self, *failures: Failure) -> None:
        self.failures = list(failures)
        self.asked: list[Any] = []

    def call(self, service: str, method: str, arguments: Any) -> str:
        self.asked.append((service, method, arguments))
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def busy() -> Failure:
    return Failure("busy", fields={"retry_after_s": 0})


def test_a_busy_service_is_asked_again_for_the_same() -> None:
    service = Busy(busy(), busy())
    assert patient(service.call)("intake", "register_many", {"items": []}) == "done"
    assert service.asked == [("intake", "register_many", {"items": []})] * 3


def test_patience_ends() -> None:
    service = Busy(*[busy() for _ in range(5)])
    with pytest.raises(Failure, match="busy"):
        patient(service.call, tries=3)("intake", "register_many", {})
    assert len(service.asked) == 3


def test_other_refusals_are_final() -> None:
    service = Busy(Failure("token_expired"))
    with pytest.raises(Failure, match="token_expired"):
        patient(service.call)("intake", "register_many", {})
    assert len(service.asked) == 1
