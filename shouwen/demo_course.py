"""One petition through its whole course, as the demo shows it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shouwen.sampling import People
from statute.course import STATES, STEPS
from statute.terms import TERMS

DOCUMENT: Final = "海信函〔2026〕12号"

Take = Callable[..., Any]
Say = Callable[[str], None]

# Step, who takes it, and what is stated with it beside a document.
STEPS_TAKEN: Final[Sequence[tuple[str, str, Mapping[str, Any]]]] = (
    ("transfer", "clerk", {"unit": ""}),
    ("accept", "clerk", {}),
    ("handle", "clerk", {"handler": ""}),
    ("ask_extension", "clerk", {"days": 30, "reason": "鉴定尚未出具"}),
    ("approve_extension", "head", {}),
    ("reply", "owner", {}),
    ("ask_evaluation", "clerk", {"asked_through": "phone"}),
    ("evaluate", "clerk", {"office_score": 4, "unit_score": 2, "satisfied": False}),
    ("re_examine", "clerk", {"reason": "群众不满意，重新核查"}),
    ("reply", "owner", {}),
    ("ask_review", "clerk", {}),
    ("remand", "head", {}),
    ("reply", "owner", {}),
    ("evaluate", "clerk", {"office_score": 5, "unit_score": 4, "satisfied": True}),
    ("visit", "owner", {}),
    ("check", "clerk", {}),
    ("verify", "head", {}),
    ("countersign", "other_head", {}),
)


class Course:
    """Takes the steps of one petition as whoever may take them.

    Args:
        call: calls a method as (staff number, role, office).
    """

    def __init__(self, call: Take, people: People, owned: Mapping[str, Any]) -> None:
        self._call = call
        self._number = owned["number"]
        self._office = owned["office"]
        offices = [each for each in people.offices if each[:6] == self._office[:6]]
        self._filled_in = {
            "unit": next(each for each in offices if each != self._office),
            "handler": people.handler_of(self._office),
        }
        heads = dict.fromkeys(people.head_of(each) for each in offices)
        own_head = people.head_of(self._office)
        self._who = {
            "clerk": (people.clerk_of(self._office), "clerk"),
            "head": (own_head, "office_head"),
            "other_head": (next(each for each in heads if each != own_head), "office_head"),
            "owner": (owned["owner"], "leader"),
        }

    def follow(self, say: Say) -> None:
        """Take all steps up to the closure, and say each of them."""
        for serial, (step, who, stated) in enumerate(STEPS_TAKEN):
            self._take(step, who, f"demo-course-{serial}", stated)
            state = self.state()
            ends = [f"{TERMS[each['term']].chinese} by {each['due_on']}" for each in state["terms"]
                    if each["ended_on"] is None]  # fmt: skip
            say(f"{STEPS[step].chinese} → {STATES[state['state']]}  [dim]{', '.join(ends)}[/]")
        self._close()
        say(f"办结 by its owner → {STATES[self.state()['state']]}")

    def state(self) -> Any:
        """Return where the petition stands."""
        who, role = self._who["clerk"]
        return self._call(who, role, self._office, "responsibility.course_of", number=self._number)

    def explained(self, term: str) -> Any:
        """Return a term with each of its days."""
        who, role = self._who["clerk"]
        return self._call(
            who, role, self._office, "responsibility.explain", number=self._number, term=term
        )

    def _take(self, step: str, who: str, request_id: str, stated: Mapping[str, Any]) -> None:
        subject, role = self._who[who]
        given = {name: DOCUMENT for name in STEPS[step].takes if name == "document"}
        given |= {name: self._filled_in.get(name, value) for name, value in stated.items()}
        self._call(
            subject,
            role,
            self._office,
            f"responsibility.{step}",
            request_id=request_id,
            number=self._number,
            **given,
        )

    def _close(self) -> None:
        owner, role = self._who["owner"]
        self._call(
            owner,
            role,
            self._office,
            "responsibility.close",
            request_id="demo-course-close",
            number=self._number,
            outcome="settled",
        )
