import eventlet
import pytest
from eventsourcing.persistence import OperationalError
from structlog.testing import capture_logs

from chassis.messaging.feed import GIVEN_BACK_AT_MOST
from contracts.envelope import encode_batch
from contracts.failures import Failure
from tests.integration.messaging.fakes import cloud_event
from tests.integration.messaging.parts import following_service, wait_until


def batch(rig, *positions, **changes):
    return encode_batch([cloud_event(rig.source, each, **changes) for each in positions])


class TestArrival:
    def test_events_reach_the_inbox_in_order_and_are_taken_off_the_queue(self, rig):
        rig.following()
        for first in range(1, 100, 10):
            rig.publish(batch(rig, *range(first, first + 10)))
        wait_until(lambda: len(rig.inbox.received) == 100)
        assert rig.inbox.positions == list(range(1, 101))
        wait_until(lambda: rig.size(f"shouwen.{rig.service}.events") == 0)

    def test_what_has_gathered_is_handed_over_together_and_sorted(self, rig):
        queue = rig.declare_events_queue()
        for position in (3, 1, 2):
            rig.publish(batch(rig, position))
        wait_until(lambda: rig.size(queue) == 3)
        rig.following()
        wait_until(lambda: len(rig.inbox.received) == 3)
        assert rig.inbox.most_busy == 1
        assert sorted(rig.inbox.positions) == [1, 2, 3]

    def test_one_line_says_what_was_applied(self, rig):
        rig.following()
        with capture_logs() as lines:
            rig.publish(batch(rig, 4, 5, 6))
            wait_until(lambda: [line for line in lines if line["event"] == "events_applied"])
        (line,) = [line for line in lines if line["event"] == "events_applied"]
        assert (line["source"], line["first"], line["last"], line["count"]) == (
            f"/shouwen/{rig.source}",
            4,
            6,
            3,
        )

    def test_duplicates_are_handed_over_again(self, rig):
        """The inbox knows what was applied; the feed does not."""
        rig.following()
        for positions in ([1], [1, 1]):
            rig.publish(batch(rig, 1))
            wait_until(lambda positions=positions: rig.inbox.positions == positions)
        assert rig.inbox.batches == [1, 1]


class TestFailure:
    def test_an_inbox_that_recovers_gets_the_message_again(self, rig):
        rig.inbox.failures_left = 3
        rig.following()
        rig.publish(batch(rig, 1, 2))
        wait_until(lambda: rig.inbox.positions == [1, 2])
        assert rig.inbox.attempts == 4
        assert rig.dead() == 0

    @pytest.mark.parametrize("fault", [OperationalError("gone"), Failure("unavailable")], ids=str)
    def test_what_waits_for_a_database_or_a_source_is_kept_in_hand(self, rig, fault):
        """However long that takes, it is not the message's fault: it is no dead letter."""
        rig.inbox.fault, rig.inbox.failures_left = fault, GIVEN_BACK_AT_MOST + 3
        rig.following()
        rig.publish(batch(rig, 1, 2))
        wait_until(lambda: rig.inbox.positions == [1, 2])
        assert rig.dead() == 0
        wait_until(lambda: rig.size(f"shouwen.{rig.service}.events") == 0)

    def test_an_inbox_that_never_recovers_ends_in_the_dead_letters(self, rig):
        rig.inbox.failures_left = 1_000
        host = rig.following()
        rig.publish(batch(rig, 1))
        wait_until(lambda: rig.dead() == 1)
        assert rig.inbox.attempts == 6
        self.still_works(rig, 2)
        host.stop()
        rig.following()
        self.still_works(rig, 3)
        assert rig.dead() == 1
        dead = rig.take(f"shouwen.{rig.service}.dead")
        assert dead.headers["shouwen-reason"] == "not applied: RuntimeError"

    @staticmethod
    def still_works(rig, position):
        rig.inbox.failures_left = 0
        rig.publish(batch(rig, position))
        wait_until(lambda: position in rig.inbox.positions)
        with rig.proxy() as service:
            assert service.echo(text="a")["text"] == "a"

    @pytest.mark.parametrize(
        "body", [b"\xff", b"{}", b"[]", b'[{"id": "1"}]', b"[" * 100_000], ids=str
    )
    def test_what_cannot_be_read_is_kept_and_named(self, rig, body):
        rig.following()
        with capture_logs() as lines:
            rig.publish(body)
            wait_until(lambda: rig.dead() == 1)
        assert [line["reason"] for line in lines if line["event"] == "message_parked"]
        self.still_works(rig, 1)

    def test_a_batch_of_two_sources_is_kept(self, rig):
        rig.following()
        mixed = [cloud_event("one", 1), cloud_event("two", 1)]
        rig.publish(encode_batch(mixed))
        wait_until(lambda: rig.dead() == 1)
        dead = rig.take(f"shouwen.{rig.service}.dead")
        assert dead.headers["shouwen-reason"] == "not a batch of the service that it was sent as"
        assert rig.inbox.received == []

    def test_a_batch_that_was_sent_as_another_service_is_kept(self, rig):
        rig.following()
        rig.publish(encode_batch([cloud_event("another", 1)]))
        wait_until(lambda: rig.dead() == 1)
        assert rig.inbox.received == []

    def test_a_dead_letter_says_why_and_whose_it_is(self, rig):
        rig.following()
        rig.publish(b"nonsense")
        wait_until(lambda: rig.dead() == 1)
        dead = rig.take(f"shouwen.{rig.service}.dead")
        assert dead.headers["shouwen-reason"].startswith("undecodable")
        assert dead.headers["shouwen-sent-to"] == rig.source
        assert dead.delivery_info["routing_key"] == rig.service
        assert dead.body in (b"nonsense", "nonsense")

    def test_no_values_are_logged(self, rig):
        rig.inbox.failures_left = 1
        rig.following()
        with capture_logs() as lines:
            rig.publish(batch(rig, 1))
            wait_until(lambda: rig.inbox.positions == [1])
        assert "secret" not in str(lines)
        assert [line for line in lines if line["event"] == "events_not_applied"]


class TestCatchUp:
    def test_it_runs_at_the_start_and_in_quiet_times(self, rig):
        rig.following()
        wait_until(lambda: rig.inbox.catch_ups >= 3)

    def test_its_failure_is_tried_again_and_harms_nothing(self, rig):
        rig.inbox.catch_up_fails = True
        rig.following()
        wait_until(lambda: rig.inbox.catch_ups >= 2)
        rig.publish(batch(rig, 1))
        wait_until(lambda: rig.inbox.positions == [1])


class TestStop:
    def test_the_batch_in_hand_is_finished_and_taken_off_the_queue(self, rig):
        gate, in_hand = eventlet.event.Event(), eventlet.event.Event()

        def receive(events):
            in_hand.send()
            gate.wait()
            rig.inbox.received.extend(events)

        rig.inbox.receive = receive
        host = rig.host(following_service(rig.service, rig.source))
        rig.publish(batch(rig, 1))
        in_hand.wait()
        stopping = eventlet.spawn(host.stop)
        eventlet.sleep(0.6)
        gate.send()
        assert stopping.wait() is True
        assert rig.inbox.positions == [1]
        assert rig.size(f"shouwen.{rig.service}.events") == 0

    def test_a_stop_does_not_wait_for_a_source_that_is_away(self, rig):
        rig.inbox.source_is_away = True
        host = rig.following()
        wait_until(lambda: rig.inbox.catch_ups)
        assert host.stop() is True

    def test_what_arrives_between_the_stop_and_its_cancellation_is_finished_too(self, rig):
        """It would else stay in hand for ever, and the stop with it."""
        host = rig.following()
        wait_until(lambda: rig.inbox.catch_ups)
        stopping, published = eventlet.spawn(host.stop), 0
        while not stopping.dead:
            published += 1
            rig.publish(batch(rig, published))
            eventlet.sleep(0.005)
        assert stopping.wait() is True
        taken, queue = len(set(rig.inbox.positions)), f"shouwen.{rig.service}.events"
        wait_until(lambda: taken + rig.size(queue) == published)
