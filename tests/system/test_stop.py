"""SIGTERM under load: what is in hand is finished, what waits is answered after the restart."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from eventlet import GreenPool

from contracts.failures import Failure
from shouwen.hosting import SERVICES
from tests.system.petitions import owner_of, receive, registered, request_id
from tests.system.running_platform import Platform, wait_until

WINDOWS = 6


@dataclass
class Load:
    """Windows at which petitions are registered and received until told to stop.

    Attributes:
        answered: number to the owner that the reception's answer named.
    """

    platform: Platform
    answered: dict[str, str] = field(default_factory=dict)
    stopping: bool = False
    _pool: GreenPool = field(default_factory=partial(GreenPool, WINDOWS))

    def start(self) -> None:
        self._windows = [self._pool.spawn(self._work, f"L{n}") for n in range(WINDOWS)]

    def stop(self) -> None:
        """Wait for all answers; a call that failed raises here."""
        self.stopping = True
        for window in self._windows:
            window.wait()

    def _work(self, leader: str) -> None:
        while not self.stopping:
            (number,) = registered(self.platform)
            self.answered[number] = self._received(leader, number)["owner"]

    def _received(self, leader: str, number: str) -> Any:
        """Receive; while intake is away a petition that has not arrived may be `unavailable`."""
        command = request_id()
        while True:
            try:
                return receive(self.platform, leader, number, request_id=command)
            except Failure as failure:
                if failure.code != "unavailable" or failure.fields != {"service": "intake"}:
                    raise


class TestSigterm:
    def test_every_call_is_answered_and_every_answer_is_on_record(self, platform: Platform) -> None:
        load = Load(platform)
        load.start()
        for service in SERVICES:
            before = len(load.answered)
            wait_until(lambda before=before: len(load.answered) > before + WINDOWS)
            assert platform.terminate(service) == 0, platform.last_lines_of(service)
            platform.start(service)
        load.stop()
        wait_until(platform.caught_up_again)
        for number, owner in load.answered.items():
            assert owner_of(platform, number)["owner"] == owner
        known = {number for (number,) in platform.rows("SELECT number FROM audit.matter")}
        assert set(load.answered) <= known
        assert all(platform.gapless(service) for service in SERVICES)
