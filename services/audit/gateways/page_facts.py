"""An event as the page takes it: whatever damage has left of it, so that the bundle is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.audit.gateways.page_values import instant_of


class Members(dict[str, Any]):
    """The data of a fact; None for what it lacks."""

    def __missing__(self, _name: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """One event.

    Attributes:
        type: with its version; `kind`: without.
        place: its log, and its position there.
    """

    type: str
    occurred: datetime | None
    recorded: datetime | None
    actor: str
    place: str
    data: Members

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> "Told":
        """Read an event; what it lacks is empty."""
        log = str(event.get("source", "")).rpartition("/")[2]
        return cls(
            type=str(event.get("type", "")),
            occurred=instant_of(event.get("time")),
            recorded=instant_of(event.get("recordedtime")),
            actor=str(event.get("actor", "")),
            place=f"{log} {str(event.get('sequence', '')).lstrip('0')}".strip(),
            data=members(event.get("data")),
        )

    @property
    def kind(self) -> str:
        """The type without its version, of whatever version it is."""
        return self.type.rpartition(".v")[0] or self.type


def members(value: object) -> Members:
    """Return what a value has inside; nothing where it is no mapping."""
    return Members(value) if isinstance(value, Mapping) else Members()
