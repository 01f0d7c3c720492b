"""The AsyncAPI document: whole, true to the topology, and its references lead somewhere."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.messaging import topology
from contracts.envelope import CONTENT_TYPE
from contracts.events import MESSAGES, PUBLISHER
from tests.contract.published import HOME, REGISTRY, ROOT, read, validator

DOCUMENT = read(HOME / "asyncapi.json")
PAYLOAD = "asyncapi.json#/components/messages/{}/payload"


def references(node: Any) -> Iterator[str]:
    members = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for member in members:
        yield from references(member)


def example(type_: str) -> list[dict[str, Any]]:
    (shown,) = DOCUMENT["components"]["messages"][type_]["examples"]
    return shown["payload"]


def test_every_reference_leads_somewhere():
    resolver = REGISTRY.resolver(base_uri=f"{ROOT}asyncapi.json")
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolver.lookup(reference).contents


def test_every_message_is_in_the_channel_of_its_publisher():
    told = {
        type_: service
        for service, channel in DOCUMENT["channels"].items()
        for type_ in channel["messages"]
    }
    assert told == PUBLISHER
    assert set(DOCUMENT["components"]["messages"]) == set(MESSAGES)


def test_channels_are_the_routing_keys_of_our_exchange():
    for service, channel in DOCUMENT["channels"].items():
        binding = channel["bindings"]["amqp"]
        assert channel["address"] == service
        assert binding["is"] == "routingKey"
        assert binding["exchange"] == {
            "name": topology.EVENTS.name,
            "type": topology.EVENTS.type,
            "durable": topology.EVENTS.durable,
        }


@pytest.mark.parametrize("type_", MESSAGES)
class TestMessage:
    def test_its_example_is_what_its_schema_says(self, type_):
        assert DOCUMENT["components"]["messages"][type_]["contentType"] == CONTENT_TYPE
        validator(PAYLOAD.format(type_)).validate(example(type_))

    def test_others_may_stand_beside_it_but_not_in_its_place(self, type_):
        other = next(other for other in MESSAGES if other != type_)
        schema = validator(PAYLOAD.format(type_))
        assert schema.is_valid(example(other) + example(type_))
        assert not schema.is_valid(example(other))
        assert not schema.is_valid([])

    def test_its_data_are_checked(self, type_):
        (event,) = example(type_)
        assert not validator(PAYLOAD.format(type_)).is_valid([{**event, "data": {}}])
