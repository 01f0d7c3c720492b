"""More than a service can do: refused at once, bounded everywhere, and over when it is over."""

import time
from contextlib import suppress

import eventlet
import pytest
from amqp.exceptions import MessageNacked
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from chassis.messaging import topology
from chassis.messaging.calling import RpcCaller
from chassis.messaging.line import PLACES_MAX
from chassis.messaging.sending import event_publisher
from contracts.client import Client
from contracts.failures import Failure
from contracts.rpc.method import Answer, Request
from contracts.rpc.method import Method as Named
from tests.integration.messaging.parts import wait_until

AT_WORK = 8
"""nameko's ten workers without those that are kept for what is urgent."""
BOUND = 2


@pytest.fixture
def caller(rig):
    caller = RpcCaller(rig.amqp_uri, lambda: "staff-7:clerk", timeout_s=20)
    yield caller
    caller.close()


def outcome(caller, rig, method, text):
    try:
        return caller.call(rig.service, method, text=text)
    except Failure as failure:
        return failure


def calls(caller, rig, count, method="wait"):
    return [eventlet.spawn(outcome, caller, rig, method, str(number)) for number in range(count)]


def keep_workers_busy(caller, rig):
    started = calls(caller, rig, AT_WORK)
    wait_until(lambda: len(rig.rooms.said) == AT_WORK)
    return started


class TestTheLine:
    def test_what_finds_no_place_is_refused_at_once_with_a_retry_time(self, rig, caller):
        rig.answering()
        waiting = calls(caller, rig, AT_WORK + PLACES_MAX + 40)
        wait_until(lambda: sum(call.dead for call in waiting) >= 40)
        refused = [call.wait() for call in waiting if call.dead]
        assert {failure.code for failure in refused} == {"busy"}
        assert all(failure.fields["retry_after_s"] >= 1 for failure in refused)
        rig.rooms.gate.send()
        assert [call.wait() for call in waiting].count("waited") >= AT_WORK

    def test_it_recovers_at_once(self, rig, caller):
        rig.answering()
        waiting = calls(caller, rig, AT_WORK + PLACES_MAX + 40)
        wait_until(lambda: sum(call.dead for call in waiting) >= 40)
        rig.rooms.gate.send()
        for call in waiting:
            call.wait()
        started = time.monotonic()
        assert caller.call(rig.service, "echo", text="a")["text"] == "a"
        assert time.monotonic() - started < 1

    def test_health_and_logs_are_answered_meanwhile(self, rig, caller):
        rig.answering()
        waiting = calls(caller, rig, AT_WORK + PLACES_MAX + 40)
        wait_until(lambda: sum(call.dead for call in waiting) >= 40)
        assert caller.call(rig.service, "health", text="well")["text"] == "well"
        rig.rooms.gate.send()

    def test_a_stop_amid_many_answers_does_not_hang(self, rig, caller):
        """Workers that answered took away what the consumer's thread waited for."""
        service = rig.answering()
        waiting = calls(caller, rig, AT_WORK + PLACES_MAX)
        wait_until(lambda: len(rig.rooms.said) == AT_WORK)
        rig.rooms.gate.send()
        assert service.stop()
        for call in waiting:
            call.kill()

    def test_what_its_caller_no_longer_waits_for_is_not_worked_off(self, rig, caller):
        rig.answering()
        busy = keep_workers_busy(caller, rig)
        impatient = RpcCaller(rig.amqp_uri, lambda: "", timeout_s=0.3)
        assert outcome(impatient, rig, "wait", "for nobody").code == "unavailable"
        impatient.close()
        rig.rooms.gate.send()
        for call in busy:
            call.wait()
        assert caller.call(rig.service, "echo", text="next")["text"] == "next"
        assert "for nobody" not in rig.rooms.said

    def test_who_waits_when_the_service_stops_is_answered_by_the_next(self, rig, caller):
        first = rig.answering()
        busy = keep_workers_busy(caller, rig)
        waiting = calls(caller, rig, 20, "echo")
        stopping = eventlet.spawn(first.stop)
        wait_until(lambda: rig.size(f"rpc-{rig.service}") == 20)
        rig.rooms.gate.send()
        assert stopping.wait()
        assert [call.wait() for call in busy] == ["waited"] * AT_WORK
        rig.answering()
        assert [call.wait()["text"] for call in waiting] == [str(number) for number in range(20)]


@pytest.fixture
def absent(rig):
    """A service that is away, with a queue that is full."""
    queue = Queue(
        f"rpc-{rig.service}",
        exchange=topology.RPC,
        routing_key=f"{rig.service}.*",
        queue_arguments={**topology.rpc_queue("").queue_arguments, "x-max-length": BOUND},
    )
    queue.bind(rig.channel).declare()
    for _ in range(BOUND):
        rig.request(b"{}", reply_to="nobody")
    wait_until(lambda: rig.size(queue.name) == BOUND)
    return queue.name


class TestTheQueueOfRequests:
    def test_a_full_one_is_busy_for_our_callers(self, rig, caller, absent):
        for _ in range(3):
            failure = outcome(caller, rig, "echo", "a")
            assert (failure.code, failure.fields) == ("busy", {"retry_after_s": 5})
        assert rig.size(absent) == BOUND

    def test_a_full_one_is_busy_for_the_typed_client(self, rig, absent):
        echo = Named(rig.service, "echo", Request, Answer, frozenset(), "")
        with Client(rig.amqp_uri) as client, pytest.raises(Failure) as raised:
            client.call(echo, Request())
        assert (raised.value.code, raised.value.fields) == ("busy", {"retry_after_s": 5})

    def test_a_full_one_refuses_a_plain_nameko_client_and_takes_it_again_later(self, rig, absent):
        with rig.proxy() as client:
            with pytest.raises((MessageNacked, OperationalError)) as raised:
                client.echo(text="a")
            assert MessageNacked in {type(raised.value), type(raised.value.__cause__)}
            rig.take(absent)
            client.echo.call_async(text="a")
        assert rig.size(absent) == BOUND

    def test_who_publishes_without_confirms_learns_nothing(self, rig, absent):
        rig.request(b"{}", reply_to="nobody")
        assert rig.size(absent) == BOUND

    def test_its_bounds_are_those_of_the_topology(self):
        for queue in (topology.rpc_queue("a"), topology.events_queue("a", ["b"])):
            assert queue.queue_arguments["x-overflow"] == "reject-publish"
            assert queue.queue_arguments["x-max-length-bytes"] > 0


class TestTheQueueOfEvents:
    def test_the_relay_learns_what_a_full_queue_did_not_take(self, rig):
        queue = Queue(
            f"shouwen.{rig.service}.events",
            exchange=topology.EVENTS,
            routing_key=rig.source,
            queue_arguments={"x-overflow": "reject-publish", "x-max-length-bytes": 20},
        )
        queue.bind(rig.channel).declare()
        publisher = event_publisher(rig.amqp_uri, rig.source)
        bodies = [b"ten bytes "] * 4
        assert publisher.publish(bodies) == 2
        for _ in range(2):
            rig.take(queue.name)
        assert publisher.publish(bodies[2:]) == 2
        with suppress(OSError):
            publisher.close()
