"""Who asks, and with what."""

from dataclasses import dataclass
from datetime import datetime

from chassis.jurisdiction import Actor


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
