"""What somebody asks of a course: a step, or that what was stated with one be put right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import eq
from typing import Any

from services.responsibility.domain.policy import day_of
from statute.course import Step
from statute.parties import Parties
from statute.workdays import WorkCalendar


@dataclass(frozen=True, slots=True)
class Taking:
    """A step that somebody wants to take.

    Attributes:
        given: what he states, by names in `statute.course.GIVEN`.
        at: when it happened, as stated, UTC.
        calendar: by which the terms are counted.
        repeats: numbers of what repeats the matter.
        parties: who is kept out of it.
        stands_for: tells whether an office is another one itself, or above it.
        recorded_at: when it is put on record; when it happened, where it is taken by the record.
    """

    step: Step
    by: str
    office: str
    given: Mapping[str, Any]
    at: datetime
    calendar: WorkCalendar
    repeats: Sequence[str] = ()
    parties: Parties = field(default_factory=Parties)
    stands_for: Callable[[str, str], bool] = eq
    recorded_at: datetime | None = None

    @property
    def on_record_at(self) -> datetime:
        """When it is known by the record: what is dated back is in time by this, not by `at`."""
        return max(self.at, self.recorded_at or self.at)

    @property
    def dated_back(self) -> bool:
        return self.on_record_at > self.at

    @property
    def day(self) -> date:
        """The day of the step, in Shanghai."""
        return day_of(self.at)

    @property
    def repeat_known(self) -> bool:
        """Whether the document is the number of a repeat, where one is what it was found by."""
        return self.given["found_by"] != "repeat" or self.given["document"] in self.repeats


@dataclass(frozen=True, slots=True)
class StepCorrection:
    """What should have been stated with a step.

    Attributes:
        step_number: its place among the steps, from 1.
        stated: name to what should have been stated, for what was wrong.
        repeats: numbers of what repeats the matter.
    """

    step_number: int
    stated: Mapping[str, Any]
    reason: str
    repeats: Sequence[str] = ()
