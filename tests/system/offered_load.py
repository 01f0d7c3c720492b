"""A process with many callers who want more than the services can do, and hardly pause.

It reads what to do from standard input and prints what became of it, both as JSON.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import json
import sys
from collections import Counter
from itertools import count
from time import monotonic
from typing import Any

import eventlet

from chassis.messaging.calling import RpcCaller
from chassis.observability import configure_logging
from contracts.failures import Failure
from tests.system.petitions import OFFICE, registration, request_id

CALL_LIMIT_S = 5.0
PAUSE_WHEN_REFUSED_S = 0.1
MANY = 40
EVERY_NTH_IS_MANY = 25


class Crowd:
    """Callers who register, one petition or many, until the time is over.

    Attributes:
        outcomes: "ok", "no answer", "busy", or another code.
        no_retry_time: refusals as busy that said no time.
    """

    def __init__(self, amqp_uri: str, token: str, until: float) -> None:
        self._caller = RpcCaller(amqp_uri, lambda: token, CALL_LIMIT_S)
        self._until = until
        self._turn = count(1)
        self.outcomes: Counter[str] = Counter()
        self.no_retry_time = 0
        self.longest_retry_s = 0
        self.slowest_s = 0.0
        self.acknowledged: list[str] = []

    def call_on(self) -> None:
        while monotonic() < self._until:
            if not self._call():
                eventlet.sleep(PAUSE_WHEN_REFUSED_S)

    def _call(self) -> bool:
        started = monotonic()
        try:
            self.acknowledged += self._register()
        except Failure as failure:
            self._refused(failure)
            return False
        self.outcomes["ok"] += 1
        self.slowest_s = max(self.slowest_s, monotonic() - started)
        return True

    def _register(self) -> list[str]:
        if next(self._turn) % EVERY_NTH_IS_MANY:
            return [self._caller.call("intake", "register", **_registration())["number"]]
        items = [_registration() for _ in range(MANY)]
        answer = self._caller.call("intake", "register_many", items=items)
        return [item["petition"]["number"] for item in answer["registered"]]

    def _refused(self, failure: Failure) -> None:
        self.outcomes["no answer" if failure.code == "unavailable" else failure.code] += 1
        if failure.code == "busy":
            after_s = failure.fields.get("retry_after_s", 0)
            self.no_retry_time += after_s < 1
            self.longest_retry_s = max(self.longest_retry_s, after_s)


def _registration() -> dict[str, Any]:
    return registration(office=OFFICE, petitioner={"name": f"沈{request_id()}"})


def main() -> None:
    given = json.load(sys.stdin)
    configure_logging("CRITICAL")
    crowd = Crowd(given["amqp_uri"], given["token"], monotonic() + given["seconds"])
    callers = [eventlet.spawn(crowd.call_on) for _ in range(given["callers"])]
    for caller in callers:
        caller.wait()
    told = {name: value for name, value in vars(crowd).items() if not name.startswith("_")}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
