import time

import eventlet
import pytest

from chassis.messaging.calling import RpcCaller
from chassis.observability import begin_handling
from contracts.failures import Failure
from tests.integration.messaging.parts import wait_until


@pytest.fixture
def caller(rig):
    caller = RpcCaller(rig.amqp_uri, lambda: "staff-7:clerk", timeout_s=5)
    yield caller
    caller.close()


class TestCaller:
    def test_many_green_threads_share_it(self, rig, caller):
        rig.answering()
        calls = [
            eventlet.spawn(caller.call, rig.service, "echo", text=str(number))
            for number in range(50)
        ]
        assert [call.wait()["text"] for call in calls] == [str(number) for number in range(50)]

    def test_it_shows_the_token_and_passes_the_correlation_id_on(self, rig, caller):
        rig.answering()
        begin_handling("call-77")
        assert caller.call(rig.service, "echo_to_clerks", text="a")["caller"] == "staff-7"
        with pytest.raises(Failure) as raised:
            caller.call(rig.service, "break_down", text="a")
        assert raised.value.fields == {"correlation_id": "call-77"}

    def test_a_refusal_keeps_code_and_fields(self, rig, caller):
        rig.answering()
        with pytest.raises(Failure) as raised:
            caller.call(rig.service, "refuse", text="a")
        assert (raised.value.code, raised.value.fields) == ("case_closed", {"since": "2026-11-24"})

    def test_a_service_that_is_not_there_is_unavailable(self, rig, caller):
        for _ in range(3):
            with pytest.raises(Failure) as raised:
                caller.call("nobody", "echo", text="a")
            assert raised.value.code == "unavailable"

    def test_an_answer_that_does_not_come_is_unavailable_in_time(self, rig):
        rig.answering()
        caller = RpcCaller(rig.amqp_uri, lambda: "", timeout_s=0.3)
        started = time.monotonic()
        with pytest.raises(Failure) as raised:
            caller.call(rig.service, "wait", text="a")
        assert raised.value.code == "unavailable"
        assert time.monotonic() - started < 2
        rig.rooms.gate.send()
        assert caller.call(rig.service, "echo", text="b")["text"] == "b"
        caller.close()

    def test_answers_without_a_pause_do_not_cost_it_its_connection(self, rig, caplog):
        """It only reads; the broker cuts whom it has not heard of for two heartbeats."""
        rig.answering()
        caller = RpcCaller(rig.amqp_uri, lambda: "", heartbeat_s=1)
        until = time.monotonic() + 6
        while time.monotonic() < until:
            assert caller.call(rig.service, "echo", text="a")
        caller.close()
        assert "broker lost" not in caplog.text

    def test_when_it_is_closed_nobody_waits_any_more(self, rig):
        """A service that stops need not wait for one that is away."""
        rig.answering()
        caller = RpcCaller(rig.amqp_uri, lambda: "", timeout_s=30)
        assert caller.call(rig.service, "echo", text="a")
        waiting = eventlet.spawn(caller.call, rig.service, "wait", text="b")
        wait_until(lambda: "b" in rig.rooms.said)
        started = time.monotonic()
        caller.close()
        for ask in (waiting.wait, lambda: caller.call(rig.service, "echo", text="c")):
            with pytest.raises(Failure, match="unavailable"):
                ask()
        assert time.monotonic() - started < 5
        rig.rooms.gate.send()

    def test_it_leaves_no_queue_behind(self, rig):
        rig.answering()
        caller = RpcCaller(rig.amqp_uri, lambda: "")
        caller.call(rig.service, "echo", text="a")
        queue = f"rpc.reply-shouwen-{caller._replies.address}"
        assert rig.size(queue) == 0
        caller.close()
        with pytest.raises(Exception, match="NOT_FOUND"):
            rig.size(queue)
        rig._channel = None

    def test_how_long_a_call_takes(self, rig, caller):
        rig.answering()
        took = []
        for _ in range(200):
            started = time.perf_counter()
            caller.call(rig.service, "echo", text="a")
            took.append(time.perf_counter() - started)
        took.sort()
        print(f"rpc p50 {took[100] * 1000:.2f} ms, p99 {took[197] * 1000:.2f} ms")  # noqa: T201

    def test_a_broker_that_is_away_is_unavailable_in_time(self):
        caller = RpcCaller("amqp://guest:guest@127.0.0.1:9//", lambda: "", timeout_s=0.3)
        with pytest.raises(Failure) as raised:
            caller.call("intake", "echo", text="a")
        assert raised.value.code == "unavailable"
        caller.close()
