"""What the use cases of responsibility ask of others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from chassis.eventstore.application import Provenance
from chassis.eventstore.transaction import Questions
from services.responsibility.domain.evidence import Matter, Registration


class MatterIndex(Protocol):
    """Finds matters by number."""

    def find(self, transaction: Questions, numbers: Sequence[str]) -> Mapping[str, Matter]:
        """Return where numbers lead, of those that are known here."""

    def moved_since(self, transaction: Questions, number: str, as_of: datetime) -> str | None:
        """Return the petition_id that a number led to at an instant; None if it does so still."""


class Arrivals(Protocol):
    """Fetches what intake has on record and the events have not brought yet."""

    def fetch(self, number: str) -> Sequence[tuple[Registration, Provenance]]:
        """Return the registration of a petition behind that of its original; empty if none."""
