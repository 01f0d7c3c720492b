"""The terms of a case and whether they were kept, from its facts alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from services.audit.gateways.page_facts import Members, Told, members
from services.audit.gateways.page_values import UNKNOWN, day_in_words, day_of, in_words
from statute.terms import TERMS

HEADS: Final = ("期限", "起算日", "届满日", "终止日", "是否按期")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a term, with what the facts say of it, damaged or not.

    Attributes:
        term: its code.
        ended_on: None while it runs; `late_days` is what its end states.
        paused: a hearing goes on.
    """

    term: object
    runs_from: object
    due_on: object
    ended_on: object = None
    late_days: object = 0
    paused: bool = False

    def cells(self, today: date | None) -> tuple[str, ...]:
        """Return its row under `HEADS`.

        Args:
            today: as of which a term that runs is late or not.
        """
        return (
            in_words("term", "", self.term),
            in_words("runs_from", "", self.runs_from),
            "中止计算" if self.paused else in_words("on", "due", self.due_on),
            in_words("ended_on", "", self.ended_on),
            self._kept(today),
        )

    def _kept(self, today: date | None) -> str:
        lapses = self.term in LAPSING
        if self.ended_on is not None:
            return "权利期限，已终止" if lapses else _ended(self.late_days)
        due = day_of(self.due_on)
        if self.paused or due is None or today is None:
            return "听证期间不计入" if self.paused else UNKNOWN
        if today <= due:
            return f"截至{day_in_words(today)}未届满"
        late = f"截至{day_in_words(today)}逾期 {(today - due).days} 天"
        return "权利期限，已届满" if lapses else late


LAPSING: Final = [code for code, rule in TERMS.items() if rule.lapses]


def _ended(late_days: object) -> str:
    if not isinstance(late_days, int):
        return UNKNOWN
    return f"逾期 {late_days} 天" if late_days else "按期"


def runs_of(own: Sequence[Told]) -> list[Run]:
    """Return each run of each term, in the order in which they began."""
    runs: list[Run] = []
    for each in own:
        if each.type == "term.begun.v1":
            runs.append(Run(each.data["term"], each.data["runs_from"], _due_on(each.data)))
        for term, change in _changes(each):
            at = max((at for at, run in enumerate(runs) if run.term == term), default=None)
            if at is not None:
                runs[at] = replace(runs[at], **change)
    return runs


def _changes(told: Told) -> Iterator[tuple[object, Mapping[str, Any]]]:
    """Yield the terms that a fact changes, and what it says of the last run of each."""
    data = told.data
    match told.type:
        case "term.extended.v1" | "term.resumed.v1" | "term.recounted.v1":
            moved = {"runs_from": data["runs_from"]} if data["runs_from"] else {}
            yield data["term"], {"due_on": _due_on(data), "paused": False, **moved}
        case "term.paused.v1":
            yield data["term"], {"paused": True}
        case "term.ended.v1":
            yield data["term"], _end(data, data["late_days"])
        case "course.merged.v1":
            late_days = members(data["late_days"])
            yield from ((term, _end(data, late)) for term, late in late_days.items())
        case "course.split.v1":
            terms = data["terms"] if isinstance(data["terms"], list) else []
            yield from ((term, {"ended_on": None, "late_days": 0}) for term in terms)


def _end(data: Members, late_days: object) -> Mapping[str, Any]:
    return {"ended_on": data["ended_on"], "late_days": late_days, "paused": False}


def _due_on(data: Members) -> object:
    return members(data["due"])["on"]
