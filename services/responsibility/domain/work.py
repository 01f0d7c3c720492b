"""Who does the work at a matter, and what a step changes in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from statute.parties import Parties


@dataclass
class Work:
    """Who does the work, each with its latest value; the log has their history."""

    unit: str = ""
    handler: str = ""
    assisting: list[str] = field(default_factory=list)
    team: list[str] = field(default_factory=list)
    plan: str = ""
    handlers: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)

    def parts_of(self, parties: Parties) -> list[str]:
        """Return the parts of the work that parties have, by their names here."""
        parts = {
            "unit": [self.unit],
            "handler": [self.handler],
            "assisting": self.assisting,
            "team": self.team,
        }
        return [name for name, who in parts.items() if parties.include(*filter(None, who))]

    @property
    def involved(self) -> frozenset[str]:
        """Offices and staff numbers of those who do the work now."""
        who = {self.unit, self.handler, *self.assisting, *self.team}
        return frozenset(who - {""})

    def note(self, step: str, given: Mapping[str, Any]) -> None:
        """Take in what a step says of it."""
        if step == "replace_unit":
            _replace(self, given["instead_of"], given["unit"])
            return
        for name, value in given.items():
            note = _NOTES.get((step, name)) or _NOTES.get(("", name))
            if note is not None:
                note(self, value)


def _replace(work: Work, replaced: str, unit: str) -> None:
    work.unit = unit if work.unit == replaced else work.unit
    work.assisting = [unit if each == replaced else each for each in work.assisting]


def _name_handler(work: Work, handler: str) -> None:
    work.handler = handler
    work.handlers.append(handler)


def _name_team(work: Work, team: list[str]) -> None:
    work.team = team
    work.members += team


# Step ("" for any) and statement to what it changes in the work.
_NOTES: Final[Mapping[tuple[str, str], Callable[[Work, Any], None]]] = {
    ("ask_assistance", "unit"): lambda work, unit: work.assisting.append(unit),
    ("", "unit"): lambda work, unit: setattr(work, "unit", unit),
    ("", "handler"): _name_handler,
    ("", "team"): _name_team,
    ("take_back", "document"): lambda work, _document: setattr(work, "unit", ""),
    ("set_plan", "document"): lambda work, document: setattr(work, "plan", document),
}
