"""A step of the course as it stands on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.responsibility.domain.policy import A_REPEAT_JOINED, PETITIONER


@dataclass(frozen=True, slots=True)
class Taken:
    """A step on record.

    Attributes:
        at: when it happened, as stated.
        recorded_at: when it was put on record; None where that is when it happened, and in facts
            of before, which do not say it.
    """

    step: str
    by: str
    given: Mapping[str, Any]
    at: datetime
    corrected: bool = False
    office: str = ""
    recorded_at: datetime | None = None

    @property
    def follows_intake(self) -> bool:
        """Whether the platform took it when intake told something, which it names."""
        reopened = self.step == "reopen" and self.given["reason"] == A_REPEAT_JOINED
        return reopened or self.by == PETITIONER
