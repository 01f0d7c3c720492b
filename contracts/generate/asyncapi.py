"""The AsyncAPI 3.0 document of the events: where to listen, and what comes."""

from collections.abc import Callable
from typing import Any, Final

from contracts import __version__
from contracts.envelope import CONTENT_TYPE
from contracts.events import MESSAGES, PUBLISHER
from contracts.events.message import Message
from contracts.generate.descriptions import summary_of

EXCHANGE: Final = "shouwen.events"

ABOUT: Final = (
    "What the four services tell. Each publishes to one topic exchange under its own name as the"
    " routing key. One AMQP message is a batch: a JSON array of CloudEvents 1.0, in the order of"
    " `sequence`, the gapless position in the log of the publishing service. Deliveries may be"
    " repeated; skip positions that you have, and ask `<service>.log` for those that are missing."
)

Document = dict[str, Any]
ExampleOf = Callable[[str], Document]


def asyncapi(example_of: ExampleOf) -> Document:
    """Return the document.

    Args:
        example_of: type of event to a complete example of it.
    """
    publishers = list(dict.fromkeys(PUBLISHER.values()))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Shouwen events", "version": __version__, "description": ABOUT},
        "defaultContentType": CONTENT_TYPE,
        "channels": {service: _channel(service) for service in publishers},
        "operations": {f"follow_{service}": _following(service) for service in publishers},
        "components": {
            "messages": {
                type_: _message(type_, message, example_of(type_))
                for type_, message in MESSAGES.items()
            },
            "schemas": {type_: _event(type_) for type_ in MESSAGES},
        },
    }


def _channel(service: str) -> Document:
    return {
        "address": service,
        "description": f"Events of {service}, with the routing key `{service}`."
        " Bind a queue of your own.",
        "messages": {
            type_: {"$ref": f"#/components/messages/{type_}"}
            for type_, publisher in PUBLISHER.items()
            if publisher == service
        },
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _following(service: str) -> Document:
    return {
        "action": "receive",
        "summary": f"Follow the events of {service}.",
        "channel": {"$ref": f"#/channels/{service}"},
    }


def _message(type_: str, message: type[Message], example: Document) -> Document:
    return {
        "name": type_,
        "title": type_,
        "summary": summary_of(message),
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "array",
            "description": f"A batch with one or more events of type {type_}; events of other"
            " types of the same service may stand beside them.",
            "minItems": 1,
            "items": {"$ref": "./schemas/envelope.json"},
            "contains": {"$ref": f"#/components/schemas/{type_}"},
        },
        "examples": [{"name": type_, "payload": [example]}],
    }


def _event(type_: str) -> Document:
    return {
        "allOf": [
            {"$ref": "./schemas/envelope.json"},
            {
                "type": "object",
                "properties": {
                    "source": {"const": f"/shouwen/{PUBLISHER[type_]}"},
                    "type": {"const": type_},
                    "data": {"$ref": f"./schemas/events/{type_}.json"},
                },
            },
        ]
    }
