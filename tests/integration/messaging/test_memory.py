"""What the transport in the process promises beyond what the services show."""

from contextlib import suppress
from uuid import uuid4

import eventlet
import pytest
from kombu.connection import Connection
from kombu.exceptions import ChannelError

from chassis.messaging import memory


@pytest.fixture
def connect():
    memory.install()
    name, connections = uuid4().hex, []

    def connect(broker=name):
        connections.append(Connection(f"memory://{broker}"))
        return connections[-1].channel()

    yield connect
    for connection in connections:
        connection.close()


def publish(channel, queue, *bodies, **options):
    for body in bodies:
        message = channel.prepare_message(body, content_type="text/plain", content_encoding="utf-8")
        channel.basic_publish(message, exchange="", routing_key=queue, **options)


def consume(channel, queue, prefetch=0):
    taken = []
    channel.basic_qos(0, prefetch, False)
    channel.basic_consume(queue, no_ack=False, callback=taken.append, consumer_tag=f"{id(taken)}")
    return taken


def drain(channel):
    with suppress(TimeoutError):
        while True:
            channel.connection.drain_events(channel.connection, timeout=0)


def bodies(messages):
    return [message.body for message in messages]


def test_a_consumer_is_woken_by_a_message(connect):
    channel, other = connect(), connect()
    channel.queue_declare("q")
    taken = consume(channel, "q")
    eventlet.spawn_after(0.01, publish, other, "q", "a")
    channel.connection.drain_events(channel.connection, timeout=1)
    assert bodies(taken) == [b"a"]


def test_prefetch_holds_per_consumer(connect):
    """A full request consumer must not keep replies from arriving on the same channel."""
    channel = connect()
    channel.queue_declare("requests")
    channel.queue_declare("replies")
    requests, replies = consume(channel, "requests", 2), consume(channel, "replies", 2)
    publish(channel, "requests", "1", "2", "3")
    publish(channel, "replies", "a")
    drain(channel)
    assert (bodies(requests), bodies(replies)) == ([b"1", b"2"], [b"a"])
    requests[0].ack()
    drain(channel)
    assert bodies(requests) == [b"1", b"2", b"3"]


def test_what_a_lost_consumer_had_goes_back_in_order(connect):
    channel, other = connect(), connect()
    channel.queue_declare("q")
    consume(channel, "q")
    publish(channel, "q", "1", "2", "3")
    drain(channel)
    channel.close()
    taken = consume(other, "q")
    drain(other)
    assert bodies(taken) == [b"1", b"2", b"3"]
    assert taken[0].delivery_info["redelivered"] is True


def test_content_type_is_a_property(connect):
    channel = connect()
    channel.queue_declare("q")
    publish(channel, "q", "a")
    assert channel.basic_get("q").properties["content_type"] == "text/plain"


def test_a_mandatory_message_without_a_queue_is_refused(connect):
    with pytest.raises(ChannelError, match="NO_ROUTE"):
        publish(connect(), "nowhere", "a", mandatory=True)
    publish(connect(), "nowhere", "a")


def test_a_deleted_queue_takes_no_more(connect):
    channel = connect()
    channel.exchange_declare("x", type="topic")
    channel.queue_declare("q")
    channel.queue_bind("q", exchange="x", routing_key="#")
    channel.queue_delete("q")
    message = channel.prepare_message("a")
    with pytest.raises(ChannelError, match="NO_ROUTE"):
        channel.basic_publish(message, exchange="x", routing_key="a", mandatory=True)


def test_a_queue_over_its_delivery_limit_buries(connect):
    channel = connect()
    channel.exchange_declare("dead", type="topic")
    channel.queue_declare("grave")
    channel.queue_bind("grave", exchange="dead", routing_key="q")
    channel.queue_declare("q", arguments={"x-delivery-limit": 2, "x-dead-letter-exchange": "dead"})
    publish(channel, "q", "a")
    deliveries = 0
    while (message := channel.basic_get("q")) is not None:
        deliveries += 1
        message.requeue()
    assert deliveries == 3
    buried = channel.basic_get("grave")
    assert buried.headers["x-death"][0]["reason"] == "delivery_limit"


def test_an_unused_queue_that_expires_is_gone(connect):
    channel = connect()
    channel.queue_declare("reply", arguments={"x-expires": 10})
    eventlet.sleep(0.02)
    channel.queue_declare("other")
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        channel.queue_declare("reply", passive=True)


def test_other_arguments_for_a_known_queue_are_refused(connect):
    channel = connect()
    channel.queue_declare("q")
    with pytest.raises(ChannelError, match="PRECONDITION_FAILED"):
        channel.queue_declare("q", arguments={"x-delivery-limit": 2})


def test_brokers_share_nothing(connect):
    connect().queue_declare("q")
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        connect("another").queue_declare("q", passive=True)
