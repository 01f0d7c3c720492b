"""What a message is."""

from typing import Any, ClassVar

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The data of one event. It carries ids, codes and commitments, never personal data.

    Attributes:
        petition_id: UUID of the petition that it is about; empty where it is about none. What
            responsibility, notify and audit tell of a repeat names the original.
    """

    TYPE: ClassVar[str]

    petition_id: str

    def to_data(self) -> dict[str, Any]:
        """Return the data as JSON types."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data
