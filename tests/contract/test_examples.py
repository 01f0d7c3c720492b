"""Every message and every method has an example that our code and its schema both accept."""

import msgspec
import pytest

from chassis.messaging.checking import checked
from contracts.envelope import CloudEvent, decode_batch, encode_batch, source_of
from contracts.events import MESSAGES, PUBLISHER
from contracts.events import read as read_message
from contracts.failures import Failure
from contracts.rpc import METHODS
from contracts.rpc.intake import REGISTER, REGISTER_MANY
from tests.contract.published import EXAMPLES, read, stems, validator

EVENTS = stems("events")
CALLS = stems("rpc")


def example(name: str):
    return read(EXAMPLES / f"{name}.json")


def test_every_message_has_an_example():
    """A further example of a message is called `<type>.with_<field>.json`."""
    assert {name.partition(".with_")[0] for name in EVENTS} == set(MESSAGES)
    assert set(EVENTS) >= set(MESSAGES)


def test_every_method_has_an_example():
    assert {name.partition(".with_")[0] for name in CALLS} == set(METHODS)
    assert set(CALLS) >= set(METHODS)


@pytest.mark.parametrize("name", EVENTS)
class TestEvents:
    def test_it_reads_and_writes_back_unchanged(self, name):
        event = example(f"events/{name}")
        read_back = msgspec.convert(event, CloudEvent)
        assert msgspec.to_builtins(read_back) == event
        assert decode_batch(encode_batch([read_back])) == [read_back]
        assert read_message(event["type"], event["data"]).to_data() == event["data"]

    def test_it_is_what_the_schemas_say(self, name):
        event = example(f"events/{name}")
        validator("schemas/envelope.json").validate(event)
        validator(f"schemas/events/{event['type']}.json").validate(event["data"])

    def test_it_is_an_event_of_its_publisher(self, name):
        event = example(f"events/{name}")
        assert event["type"] == name.partition(".with_")[0]
        assert event["source"] == source_of(PUBLISHER[event["type"]])
        assert event["subject"] == (event["data"]["petition_id"] or event["stream"])


@pytest.mark.parametrize("name", CALLS)
class TestCalls:
    def test_the_request_is_read_as_it_was_written(self, name):
        method, request = METHODS[name.partition(".with_")[0]], example(f"rpc/{name}")["request"]
        validator(f"schemas/rpc/{method.path}.request.json").validate(request)
        written = msgspec.to_builtins(checked(request, method.request))
        assert {field: written[field] for field in request} == request

    def test_the_answer_reads_and_writes_back_unchanged(self, name):
        method, answer = METHODS[name.partition(".with_")[0]], example(f"rpc/{name}")["answer"]
        validator(f"schemas/rpc/{method.path}.answer.json").validate(answer)
        assert msgspec.to_builtins(msgspec.convert(answer, method.answer)) == answer

    def test_the_refusal_carries_a_code_and_its_fields(self, name):
        error = example(f"rpc/{name}")["refusal"]["error"]
        validator("schemas/failures.json").validate(error)
        assert Failure.from_wire(error["exc_type"], error["value"]).to_wire() == error

    def test_a_request_of_the_wrong_form_is_refused_as_shown(self, name):
        method, refusal = METHODS[name.partition(".with_")[0]], example(f"rpc/{name}")["refusal"]
        schema = validator(f"schemas/rpc/{method.path}.request.json")
        if refusal["error"]["exc_type"] != "bad_value":
            schema.validate(refusal["request"])
            return
        assert not schema.is_valid(refusal["request"])
        with pytest.raises(Failure) as raised:
            checked(refusal["request"], method.request)
        assert raised.value.to_wire() == refusal["error"]


def test_an_item_of_register_many_is_a_request_of_register():
    call = example(f"rpc/{REGISTER_MANY.path}")
    schema = validator(f"schemas/rpc/{REGISTER.path}.request.json")
    good = {index for index, item in enumerate(call["request"]["items"]) if schema.is_valid(item)}
    assert good == {item["index"] for item in call["answer"]["registered"]}
