import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import eventlet
import pytest

from chassis.messaging.wiring import Wiring
from chassis.runtime.hosting import Host
from tests.integration.messaging.fakes import FakeInbox
from tests.integration.messaging.parts import (
    FakeVerifier,
    Rooms,
    answering_service,
    request_body,
)

ROOT = Path(__file__).parents[3]


class Process:
    """One hosting process, followed by what it says."""

    def __init__(self, amqp_uri, service):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.messaging.hosted", amqp_uri, service],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_word(self, word):
        with eventlet.Timeout(20):
            for line in self._process.stdout:
                if line.strip() == word:
                    return
        raise AssertionError(f"it never said {word!r}")

    def kill(self, number):
        self._process.send_signal(number)

    def end(self):
        with eventlet.Timeout(30):
            said = [line.strip() for line in self._process.stdout]
            said = [line for line in said if "services_" not in line and "[" not in line]
            return self._process.wait(), said

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def process(rig):
    process = Process(rig.amqp_uri, rig.service)
    yield process
    process.close()


class TestProcess:
    @pytest.fixture
    def amqp_uri(self, rabbitmq_uri):
        return rabbitmq_uri

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_finishes_what_is_in_hand_and_ends_well(self, rig, process, number):
        """The answer goes out, the request is off its queue, and the order of the end holds."""
        process.await_word("started")
        with rig.proxy() as client:
            pending = client.echo.call_async(text="slow")
            process.await_word("in hand")
            process.kill(number)
            assert pending.result() == {"text": "slow"}
        code, said = process.end()
        assert code == 0
        assert said == ["done", "ticker ended", "relay ended", "stores closed"]
        assert rig.size(f"rpc-{rig.service}") == 0

    def test_a_broken_background_ends_the_process_loudly(self, rig, process):
        process.await_word("started")
        with rig.proxy() as client:
            client.echo.call_async(text="break")
            process.await_word("in hand")
            code, said = process.end()
        assert code == 1
        assert said[-1] == "stores closed"


class TestHost:
    def test_several_services_share_a_process(self, rig):
        rooms = {name: Rooms() for name in ("one", "two")}
        services = {
            answering_service(f"{rig.service}{name}"): Wiring(each, FakeVerifier(), FakeInbox())
            for name, each in rooms.items()
        }
        host = Host({"AMQP_URI": rig.amqp_uri}, services)
        host.start()
        for name, each in rooms.items():
            rig_service, rig.service = rig.service, f"{rig.service}{name}"
            with rig.proxy() as client:
                client.echo(text=name)
            rig._remove_queues()
            rig.service = rig_service
            assert each.said == [name]
        assert host.stop() is True

    def test_a_crashed_container_is_noticed(self, rig):
        host = rig.answering()
        ended = eventlet.spawn(host.wait)
        (container,) = host._containers
        container.spawn_managed_thread(lambda: 1 / 0)
        with eventlet.Timeout(5):
            assert ended.wait() is False

    def test_work_without_end_is_left_behind_after_a_while(self, rig):
        host = rig.answering()
        host._stop_within_s = 0.5
        with rig.proxy() as client:
            client.wait.call_async(text="for ever")
            while not rig.rooms.said:
                eventlet.sleep(0.01)
            assert host.stop() is False
        rig.rooms.gate.send()


class TestStopUnderLoad:
    def test_every_request_is_answered_or_stays(self, rig):
        """Who stops does not say of any method that he has no such."""
        rig.answering().stop()
        queue = f"replies-{rig.service}"
        rig.channel.queue_declare(queue, auto_delete=False)
        rig.channel.queue_bind(queue, exchange="nameko-rpc", routing_key=queue)
        for round_ in range(5):
            host = rig.answering()
            for number in range(60):
                rig.request(request_body(text="x"), reply_to=queue, correlation_id=str(number))
            eventlet.sleep(0.005 * round_)
            assert host.stop()
        answers = [json.loads(answer.body) for answer in iter(lambda: rig.take(queue), None)]
        refusals = {each["error"]["exc_type"] for each in answers if each["error"]}
        rig.channel.queue_delete(queue)
        assert refusals <= {"busy"}
        assert len(answers) + rig.size(f"rpc-{rig.service}") == 300


class TestStopDuringTheStart:
    @pytest.mark.parametrize("after_s", [0, 0.02, 0.05, 0.1])
    def test_ends_all_of_it(self, rig, after_s):
        """Half of a service would go on, consume requests and answer that it has no such method."""
        wiring = Wiring(rooms=rig.rooms, verifier=FakeVerifier(), inbox=rig.inbox)
        service = answering_service(rig.service)
        host = Host({"AMQP_URI": rig.amqp_uri}, {service: wiring}, stop_within_s=10)
        running = eventlet.spawn(host.run)
        eventlet.sleep(after_s)
        host._end(healthy=True)
        with eventlet.Timeout(8):
            assert running.wait() == 0
        rig.request(b'{"args": [], "kwargs": {"text": "later"}}', reply_to="nobody")
        eventlet.sleep(0.2)
        assert rig.size(f"rpc-{rig.service}") == 1


class TestBrokerAway:
    def test_a_start_without_a_broker_can_be_stopped(self):
        service = answering_service("lonely")
        wiring = Wiring(Rooms(), FakeVerifier(), FakeInbox())
        host = Host({"AMQP_URI": "amqp://guest:guest@127.0.0.1:9//"}, {service: wiring})
        starting = eventlet.spawn(host.start)
        eventlet.sleep(0.3)
        with eventlet.Timeout(5):
            assert host.stop() is True
        starting.kill()


class TestPatch:
    @pytest.mark.parametrize(
        ("lines", "code"),
        [
            ("import chassis.runtime.patch as p; p.check_green()", 0),
            ("import kombu; import chassis.runtime.patch as p; p.check_green()", 1),
        ],
    )
    def test_it_comes_first_or_the_process_ends(self, lines, code):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", lines], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == code
        assert b"NotGreen" in done.stderr or code == 0

    def test_a_slow_look_up_of_a_host_holds_nobody_up(self, monkeypatch):
        sleep_for_real = eventlet.patcher.original("time").sleep
        monkeypatch.setattr("_socket.getaddrinfo", lambda *_args: sleep_for_real(0.5) or [])
        looking_up = eventlet.spawn(socket.getaddrinfo, "broker", 5672)
        eventlet.sleep(0.1)
        assert not looking_up.dead
        assert looking_up.wait() == []
