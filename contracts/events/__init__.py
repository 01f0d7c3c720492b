"""What has happened, as it is told: one class per message and version.

A published class is never edited: an optional field may be added with a new example beside the old
one; anything else is a new version, published beside the old until its last reader has moved.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from contracts.events import audit, intake, notify, responsibility
from contracts.events.message import Message

_ALL: Final[tuple[type[Message], ...]] = (
    *intake.MESSAGES,
    *responsibility.MESSAGES,
    *notify.MESSAGES,
    *audit.MESSAGES,
)

MESSAGES: Final[Mapping[str, type[Message]]] = {message.TYPE: message for message in _ALL}
PUBLISHER: Final[Mapping[str, str]] = {
    message.TYPE: module.__name__.rpartition(".")[2]
    for module in (intake, responsibility, notify, audit)
    for message in module.MESSAGES
}


def read(type_: str, data: Mapping[str, Any]) -> Message:
    """Read the data of an event.

    Raises:
        KeyError: the type, or this version of it, is not known here.
        msgspec.ValidationError: the data is not of that type.
    """
    return msgspec.convert(data, MESSAGES[type_])
