"""A step of the course as it stands on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Taken:
    """A step on record; `at` is when it happened, as stated."""

    step: str
    by: str
    given: Mapping[str, Any]
    at: datetime
    corrected: bool = False
    office: str = ""
