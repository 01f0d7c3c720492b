"""Who asks, and with what."""

from dataclasses import dataclass
from datetime import datetime

from chassis.eventstore.application import Provenance
from chassis.eventstore.requests import CommandKey
from chassis.jurisdiction import Actor


@dataclass(frozen=True, slots=True)
class Command:
    """A command in hand: who sent it, and the key under which its answer is kept.

    Attributes:
        expected_version: of the matter, as its sender saw it; None when he does not say.
    """

    actor: Actor
    key: CommandKey
    expected_version: int | None = None

    @property
    def provenance(self) -> Provenance:
        """What the command's events go back to."""
        return Provenance(self.actor.subject, self.actor.correlation_id, self.key.request_id)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        follows: he watches over all matters, as an auditor does.
    """

    actor: Actor
    follows: bool = False


@dataclass(frozen=True, slots=True)
class ReportedReception:
    """Attributes: received_at: None when it is happening now."""

    number: str
    leader: str
    office: str
    received_at: datetime | None
