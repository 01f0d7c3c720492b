from contextlib import contextmanager

import eventlet
import pytest
from structlog.testing import capture_logs

from chassis.messaging.post import BrokerAway
from chassis.messaging.relay import Relay
from chassis.messaging.sending import event_publisher
from contracts.envelope import decode_batch
from tests.integration.messaging.fakes import FakeLog, cloud_event
from tests.integration.messaging.parts import wait_until


class Crashed(Exception):  # noqa: N818 - it says what is the case
    pass


@pytest.fixture
def log():
    return FakeLog()


@pytest.fixture
def relay_of(rig, log):
    def make(publisher=None, **changes):
        def told(recorded):
            return cloud_event(rig.source, recorded.id, **changes)

        return Relay(log, told, publisher or event_publisher(rig.amqp_uri, rig.source))

    return make


@contextmanager
def running(relay):
    thread = eventlet.spawn(relay.run)
    try:
        yield thread
    finally:
        relay.stop()
        thread.wait()


def positions(rig, queue):
    """Take everything off the queue; return the positions in the order of arrival."""
    found = []
    while (message := rig.take(queue)) is not None:
        found.extend(event.position for event in decode_batch(message.body))
    return found


class TestRelay:
    def test_the_log_is_published_in_order_and_noted(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        log.append(700)
        with running(relay_of()):
            wait_until(lambda: log.position == 700)
            log.append(5)
            wait_until(lambda: log.position == 705)
        assert positions(rig, queue) == list(range(1, 706))

    def test_messages_are_batches_of_bounded_size(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        log.append(700)
        with running(relay_of(data={"petition_id": "p", "note": "x" * 2_000})):
            wait_until(lambda: log.position == 700)
        sizes = []
        while (message := rig.take(queue)) is not None:
            assert message.content_type == "application/cloudevents-batch+json"
            sizes.append(len(message.body))
        assert 4 < len(sizes) < 20
        assert max(sizes) <= 256 * 1024

    def test_a_crash_before_the_position_is_noted_repeats(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        log.append(10)
        crashing = relay_of()

        def crash(_position):
            raise Crashed

        crashing._advance = crash
        with pytest.raises(Crashed):
            crashing.run()
        log.append(5)
        with running(relay_of()):
            wait_until(lambda: log.position == 15)
        assert positions(rig, queue) == [*range(1, 11), *range(1, 16)]

    def test_a_position_that_could_not_be_noted_repeats(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        log.transactions_fail = 2
        log.append(3)
        with running(relay_of()):
            wait_until(lambda: log.position == 3)
        assert positions(rig, queue) == [1, 2, 3] * 3

    def test_what_no_queue_takes_is_sent_when_there_is_one(self, rig, log, relay_of):
        log.append(3)
        with capture_logs() as lines, running(relay_of()):
            wait_until(lambda: [line for line in lines if line["event"] == "relay_halted"])
            eventlet.sleep(0.3)
            assert log.position == 0
            queue = rig.declare_events_queue()
            wait_until(lambda: log.position == 3)
        assert positions(rig, queue) == [1, 2, 3]
        said = [line["event"] for line in lines]
        assert said.count("relay_halted") == 1
        assert said.count("relay_resumed") == 1

    def test_another_leads_when_the_leader_ends(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        first, second = relay_of(), relay_of()
        with running(second):
            with running(first):
                log.append(4)
                wait_until(lambda: log.position == 4)
                assert log.leases == 1
            log.append(4)
            wait_until(lambda: log.position == 8)
        assert positions(rig, queue) == list(range(1, 9))

    def test_the_stop_sends_what_was_appended_last(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        relay = relay_of()
        with running(relay):
            log.append(1)
            wait_until(lambda: log.position == 1)
            log.append(2)
            relay.stop()
        assert log.position == 3
        assert positions(rig, queue) == [1, 2, 3]

    def test_a_broker_that_is_away_is_asked_again(self, rig, log, relay_of):
        queue = rig.declare_events_queue()
        publisher = AwayAtFirst(event_publisher(rig.amqp_uri, rig.source), times=3)
        log.append(2)
        with running(relay_of(publisher)):
            wait_until(lambda: log.position == 2)
        assert positions(rig, queue) == [1, 2]

    def test_an_idle_relay_sends_at_once(self, rig, log, relay_of):
        """Nothing waits for a position to be written down, nor for a timer."""
        queue = rig.declare_events_queue()
        with running(relay_of()):
            for position in range(1, 22):
                log.append(1)
                wait_until(lambda expected=[position]: positions(rig, queue) == expected)


class AwayAtFirst:
    def __init__(self, publisher, times):
        self._publisher = publisher
        self._times = times

    def publish(self, bodies):
        if self._times:
            self._times -= 1
            raise BrokerAway("away")
        return self._publisher.publish(bodies)

    def close(self):
        self._publisher.close()


class TestConfirms:
    """What only a real broker does."""

    @pytest.fixture
    def amqp_uri(self, rabbitmq_uri):
        return rabbitmq_uri

    def test_only_what_precedes_the_first_untaken_message_counts(self, rig):
        rig.declare_events_queue()
        publisher = event_publisher(rig.amqp_uri, rig.source)
        assert publisher.publish([b"[]"] * 50) == 50
        rig.channel.queue_delete(f"shouwen.{rig.service}.events")
        assert publisher.publish([b"[]"] * 3) == 0
        rig.declare_events_queue()
        assert publisher.publish([b"[]"] * 3) == 3
        publisher.close()

    def test_a_silent_broker_is_given_up(self):
        silent = eventlet.listen(("127.0.0.1", 0))
        uri = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}//"
        publisher = event_publisher(uri, "intake", time_limit_s=0.2)
        with pytest.raises(BrokerAway):
            publisher.publish([b"[]"])
        silent.close()

    def test_a_lost_connection_is_replaced(self, rig):
        rig.declare_events_queue()
        publisher = event_publisher(rig.amqp_uri, rig.source)
        assert publisher.publish([b"[]"]) == 1
        publisher._open._connection.transport.close_connection(
            publisher._open._connection.connection
        )
        with pytest.raises(BrokerAway):
            publisher.publish([b"[]"])
        assert publisher.publish([b"[]"]) == 1
        publisher.close()
