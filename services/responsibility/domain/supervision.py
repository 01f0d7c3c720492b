"""What a step finds of those before it: reasons for supervision that the record shows by itself.

Nobody asserts them. That a report was false is said by two facts that contradict each other, that
an opinion is not carried out by what it promised and what was found. Delay and buck-passing need
no finding: terms and steps show them (`Course`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.responsibility.domain.policy import day_of
from services.responsibility.domain.taken import Taken

Found = Literal["false_report", "opinion_not_carried_out"]


@dataclass(frozen=True, slots=True)
class SupervisionPolicy:
    """What shows what. The Regulation names the triggers (Art 39); how they show is not known.

    A change is a new version: what was found names its own.

    Attributes:
        reports: the steps by which somebody reports that something was done.
        contradicts: what may be found, to the report that is untrue where it is not so.
    """

    version: str
    reports: frozenset[str]
    contradicts: Mapping[str, str]


POLICY: Final = SupervisionPolicy(
    version="supervision.v2",
    reports=frozenset(
        {
            "report_progress",
            "consult",
            "hear",
            "reply",
            "ask_evaluation",
            "record_no_evaluation",
            "report_carrying_out",
            "visit",
            "check",
            "verify",
            "countersign",
            "inspect",
            "answer_supervision",
            "adopt_proposal",
        }
    ),
    contradicts={"reply_received": "reply", "carried_out": "report_carrying_out"},
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for supervision.

    Attributes:
        steps: places, from 1, of the steps that show it, the finding last.
    """

    trigger: Found
    steps: Sequence[int]


def untrue_reports(steps: Sequence[Taken], named: Iterable[int], by: str) -> bool:
    """Tell whether all places are of reports on record that somebody else made."""
    return all(
        place <= len(steps)
        and steps[place - 1].step in POLICY.reports
        and steps[place - 1].by != by
        for place in named
    )


def promise(steps: Sequence[Taken]) -> int | None:
    """Return the place of the opinion that said by when it is carried out, if it still stands.

    A later opinion takes its place, and one that was annulled promises nothing.
    """
    for place in range(len(steps), 0, -1):
        taken = steps[place - 1]
        if taken.step == "remand":
            return None
        if taken.step == "reply":
            return place if "carry_out_by" in taken.given else None
    return None


def reasons_in(steps: Sequence[Taken]) -> Iterator[Reason]:
    """Yield what the last step shows with those before it."""
    place, found = len(steps), steps[-1].given
    contradicted = [*found.get("untrue_steps", ()), *_contradicted(steps)]
    if contradicted:
        yield Reason("false_report", [*sorted(set(contradicted)), place])
    promised = promise(steps[:-1])
    if found.get("carried_out") is False and promised is not None and _was_due(steps, promised):
        yield Reason("opinion_not_carried_out", [promised, place])


def _contradicted(steps: Sequence[Taken]) -> Iterator[int]:
    """Yield the places of the reports that what was found last makes untrue."""
    found = steps[-1].given
    for name, report in POLICY.contradicts.items():
        last = _last(report, steps[:-1])
        if found.get(name) is False and last is not None:
            yield last


def _last(report: str, steps: Sequence[Taken]) -> int | None:
    """Return the place of the report that counts: one on an opinion before is about that one."""
    for place in range(len(steps), 0, -1):
        if steps[place - 1].step == report:
            return place
        if steps[place - 1].step in {"reply", "remand"}:
            return None
    return None


def _was_due(steps: Sequence[Taken], promised: int) -> bool:
    """Tell whether the opinion was to be carried out by then, or was reported to be."""
    by, found_at = steps[promised - 1].given["carry_out_by"], steps[-1].at
    return day_of(found_at).isoformat() > by or _last("report_carrying_out", steps[:-1]) is not None
