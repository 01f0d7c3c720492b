"""A command as the use cases of every service that changes something take it."""

from dataclasses import dataclass

from chassis.eventstore.application import Provenance
from chassis.eventstore.requests import CommandKey
from chassis.jurisdiction import Actor


@dataclass(frozen=True, slots=True)
class Command:
    """A command in hand: who sent it, and the key under which its answer is kept.

    Attributes:
        expected_version: of what it changes, as its sender saw it; None when he does not say.
    """

    actor: Actor
    key: CommandKey
    expected_version: int | None = None

    @property
    def provenance(self) -> Provenance:
        """What the command's events go back to."""
        return Provenance(self.actor.subject, self.actor.correlation_id, self.key.request_id)
