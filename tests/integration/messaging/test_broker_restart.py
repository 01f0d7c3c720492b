import socket

import eventlet
import pytest

from chassis.messaging.calling import RpcCaller
from chassis.messaging.consuming import Consuming
from chassis.messaging.relay import Relay
from chassis.messaging.sending import event_publisher
from contracts.failures import Failure
from tests.integration.messaging.fakes import FakeLog, cloud_event
from tests.integration.messaging.parts import wait_until


@pytest.fixture
def amqp_uri(rabbitmq_uri):
    return rabbitmq_uri


def restart(server):
    server.stop()
    yield
    server.start()


def lose_everything(server):
    yield
    server.reset()


@pytest.mark.parametrize("outage", [restart, lose_everything])
def test_everybody_comes_back_after_the_broker(rig, rabbit_server, outage):
    """Nobody restarts anything: services, relay and callers find the broker again."""
    rig.following()
    log = FakeLog()
    relay = Relay(
        log,
        lambda recorded: cloud_event(rig.source, recorded.id),
        event_publisher(rig.amqp_uri, rig.source, time_limit_s=2),
    )
    relaying = eventlet.spawn(relay.run)
    caller = RpcCaller(rig.amqp_uri, lambda: "", timeout_s=2)
    assert caller.call(rig.service, "echo", text="before")["text"] == "before"
    log.append(3)
    wait_until(lambda: rig.inbox.positions == [1, 2, 3])
    rig._channel = None

    for _ in outage(rabbit_server):
        log.append(2)

    wait_until(lambda: set(rig.inbox.positions) == {1, 2, 3, 4, 5}, patience_s=30)
    wait_until(lambda: answered(caller, rig.service), patience_s=30)
    relay.stop()
    relaying.wait()
    caller.close()


def test_a_caller_whose_reply_queue_cannot_be_had_again_takes_another(rig):
    """As when the node of a cluster is down on which the queue was."""
    rig.answering()
    caller = RpcCaller(rig.amqp_uri, lambda: "", timeout_s=2)
    assert caller.call(rig.service, "echo", text="before")["text"] == "before"
    name = f"rpc.reply-shouwen-{caller._replies.address}"
    rig.channel.queue_delete(name)
    rig.channel.queue_declare(name, durable=False, auto_delete=False)
    wait_until(lambda: answered(caller, rig.service), patience_s=10)
    assert caller._replies.address not in name
    caller.close()


def answered(caller, service):
    try:
        return caller.call(service, "echo", text="after")
    except Failure:
        return None


def consumers_of(host):
    """Return what consumes for the services of a host, each on a connection of its own."""
    extensions = [each for container in host._containers for each in container.extensions]
    return [each for each in extensions if isinstance(each, Consuming)]


@pytest.mark.parametrize("outage", ["told", "not_told"])
def test_a_connection_that_was_lost_while_settling_is_left(rig, outage):
    """py-amqp marks it so when a write fails; kombu then reads from another one, unasked.

    What the broker said before it went is still unread on the old one, or nothing is.
    """
    consumers = consumers_of(rig.answering())
    caller = RpcCaller(rig.amqp_uri, lambda: "", timeout_s=2)
    assert caller.call(rig.service, "echo", text="before")["text"] == "before"
    for consumer in consumers:
        transport = consumer._channel.connection.transport
        transport.connected = False
        if outage == "told":
            transport.sock.shutdown(socket.SHUT_WR)
    wait_until(lambda: answered(caller, rig.service), patience_s=10)
    assert consumers
    assert all(each._channel.connection.connected for each in consumers)
    caller.close()
