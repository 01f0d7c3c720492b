"""How a fact is written down: its fields as plain JSON, times as ISO 8601, nothing of Python.

The library's own form wraps each value that JSON lacks in a mapping with the name of a transcoding;
this one needs no key to be read, and msgspec writes and reads it several times as fast. What
is a time again is known from the fields of the event class.
"""

import types
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import get_topic, resolve_topic

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(dict[str, Any])
_UNIONS: Final = (Union, types.UnionType)


class FactMapper(Mapper[UUID]):
    """Turns events into stored facts and back; takes no compressor and no cipher."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.compressor = None
        self.cipher = None

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Return the fact as it is stored."""
        state = dict(vars(domain_event))
        originator_id, version = state.pop("originator_id"), state.pop("originator_version")
        class_version = getattr(type(domain_event), "class_version", 1)
        if class_version > 1:
            state["class_version"] = class_version
        topic = get_topic(type(domain_event))
        return StoredEvent(originator_id, version, topic, _encoder.encode(state))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Return the event again, of the class that has the topic now."""
        event_class = resolve_topic(stored_event.topic)
        state = state_of(stored_event)
        for name in instants_of(event_class):
            if isinstance(state.get(name), str):
                state[name] = datetime.fromisoformat(state[name])
        state["originator_id"] = stored_event.originator_id
        state["originator_version"] = stored_event.originator_version
        event = object.__new__(event_class)
        object.__setattr__(event, "__dict__", state)
        return event


def state_of(stored_event: StoredEvent) -> dict[str, Any]:
    """Return the fields of a stored fact as JSON has them, brought up to the present version.

    Raises:
        msgspec.DecodeError: the state is no JSON object.
    """
    state = _decoder.decode(stored_event.state)
    event_class: Any = resolve_topic(stored_event.topic)
    version = state.pop("class_version", 1)
    while version < getattr(event_class, "class_version", 1):
        getattr(event_class, f"upcast_v{version}_v{version + 1}")(state)
        version += 1
    return state


@cache
def instants_of(event_class: type) -> tuple[str, ...]:
    """Return the names of an event's fields that are times."""
    annotations: dict[str, Any] = {}
    for each in reversed(event_class.__mro__):
        annotations |= _annotations(each)
    return tuple(name for name, kind in annotations.items() if _is_time(kind))


def _annotations(each: type) -> Mapping[str, Any]:
    found: Mapping[str, Any] = vars(each).get("__annotations__", {})
    return found


def _is_time(kind: Any) -> bool:
    if isinstance(kind, str):
        return "datetime" in kind
    members = get_args(kind) if get_origin(kind) in _UNIONS else (kind,)
    return any(isinstance(member, type) and issubclass(member, datetime) for member in members)
