"""Random steps while intake tells of corrections, parties and withdrawals, and steps are corrected.

The machine of the course, with what may come between any two of its steps: told once or more
often, lost with the process before its commit or after it, decided on from an older version.
"""

from datetime import timedelta
from random import Random
from typing import Any, Final

from hypothesis import Phase, settings
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import VersionChanged
from statute.course import FINAL
from statute.parties import Parties, mark_of
from tests.builders import CLERK, HEAD, HUANG, SHEN, TAO, cloud_event, number, petition_id
from tests.unit.fuse import Died
from tests.unit.responsibility.casebook import GIVEN, Asked, correct, take
from tests.unit.responsibility.paths import course_of
from tests.unit.responsibility.test_course_machine import TheCourseOfOneMatter, seeds
from tests.unit.responsibility.test_same_state import inbox_of
from tests.unit.stores import SourceLog, Stores

# Who may turn out to be a party: the owner, units, a handler, and two who have nothing to do.
STRONGEST_FIRST: Final = ("accusation", "appeal", "suggestion")
PARTIES: Final = (HUANG, GIVEN["unit"], "330424-08", GIVEN["handler"], SHEN, TAO)
CORRECTABLE: Final = {"document": "海信更〔2026〕1号", "reason": "see the other document",
                      "unit_score": 1}  # fmt: skip


class TheCourseWhileIntakeTells(TheCourseOfOneMatter):
    @initialize(seed=seeds)
    def begin(self, seed: int) -> None:
        super().begin(seed)
        self.intake = SourceLog()
        self.parties: set[str] = set()

    # What intake tells

    @rule(seed=seeds)
    def a_party_becomes_known(self, seed: int) -> None:
        chance = Random(f"{seed} party {self.tried}")
        codes = chance.sample(PARTIES, chance.choice([1, 1, 2]))
        marks = sorted(mark_of(number(), code) for code in codes)
        self._tell(chance, "party.named.v1", kept_out=marks)
        self.parties |= set(codes)

    @rule(seed=seeds)
    def the_class_is_corrected(self, seed: int) -> None:
        """Among the open ones, and into an accusation; what is one stays one.

        A matter is of the class of that of its petitions which has the greatest rights.
        """
        chance = Random(f"{seed} class {self.tried}")
        wanted = chance.choice(["suggestion", "appeal", "appeal", "accusation"])
        self._tell(chance, "petition.corrected.v1", after={"petition_class": wanted})
        if self.petition_class != "accusation":
            classes = {wanted, *self.repeat_classes}
            self.petition_class = next(each for each in STRONGEST_FIRST if each in classes)
        assert self._shown()["petition_class"] == self.petition_class

    @rule(seed=seeds)
    def a_petition_is_withdrawn(self, seed: int) -> None:
        """With the last of them the matter is, where its course lets it."""
        chance = Random(f"{seed} withdrawal {self.tried}")
        serial = chance.randint(1, self.repeats)
        self._tell(chance, "petition.withdrawn.v1", serial, ground="settled")
        self.state = self._shown()["state"]

    def _tell(self, chance: Random, type_: str, serial: int = 1, **data: Any) -> None:
        about = {
            "petition_id": petition_id(serial),
            "number": number(serial),
            "matter_id": petition_id(),
            "matter_number": number(),
            **data,
        }
        place = len(self.intake.events) + 1
        now = self.case.clock()
        event = cloud_event("intake", place, type_, about, recordedtime=now)
        self.intake.events.append(event)
        self.tried += 1
        if chance.random() < 0.3:
            self._arrives_and_the_process_dies(event, chance.randrange(3))
        self._inbox.receive([event] * chance.choice([1, 1, 2]))
        before = self._everything()
        if chance.random() < 0.3:
            self._start_again()
        # Late and again: all that it ever told.
        again = chance.sample(self.intake.events, chance.randint(0, len(self.intake.events)))
        self._inbox.receive(again)
        self._inbox.catch_up()
        assert self._everything() == before
        assert self._rows_of("parked_event") == []

    def _arrives_and_the_process_dies(self, event: Any, events_passed: int) -> None:
        """Before its commit: nothing is on record, and it comes again."""
        before = self._everything()
        self.fuse.events_left = events_passed
        try:
            self._inbox.receive([event])
        except Died:
            self._start_again()
            assert self._everything() == before
        finally:
            self.fuse.events_left = None

    @property
    def _inbox(self) -> Any:
        return inbox_of(self.case.application, self.intake)

    def _rows_of(self, table: str) -> Any:
        return self.case.application.log_of_events.query(f"SELECT * FROM {table}")

    # Commands on what was seen

    @rule(seed=seeds)
    def a_step_is_corrected(self, seed: int) -> None:
        """One that there is, or one too many; with what was stated with it, or something else."""
        chance = Random(f"{seed} correction {self.tried}")
        steps = self._shown()["steps"]
        place = chance.randint(1, len(steps) + 1)
        name = chance.choice(sorted(CORRECTABLE))
        self._ask(correct(place, **{name: CORRECTABLE[name]}), chance)
        if self.case.refusal is None:
            (step,) = [each for each in course_of(self.case)["steps"] if each["number"] == place]
            assert (step["given"][name], step["corrected"]) == (CORRECTABLE[name], True)

    @rule(seed=seeds)
    def somebody_decides_on_what_he_saw_before(self, seed: int) -> None:
        """An older version is refused, whatever he asks; the one on record is none to refuse."""
        chance = Random(f"{seed} version {self.tried}")
        seen = self._shown()["version"]
        older = chance.choice([seen, max(0, seen - 1)])
        asked = chance.choice(
            [
                take("report_progress", by=CLERK, sees=older),
                take("name_handler", by=HEAD, sees=older, handler=TAO),
                correct(1, sees=older, document=f"海信更〔2026〕{self.tried}号"),
            ]
        )
        self._ask(asked, chance)
        if older != seen:
            assert self.case.refusal is not None
        elif seen > 0:
            assert not isinstance(self.case.refusal, VersionChanged)
        self.state = self._shown()["state"]

    def _ask(self, asked: Asked, chance: Random) -> None:
        self.tried += 1
        self.case.clock.advance(timedelta(minutes=1))
        dies = chance.choice(["not", "before", "after"])
        if not (dies == "before" and self._came_through(asked, chance.randrange(3))):
            self.case.when(asked)
        facts = self.case.new_facts()
        if dies == "after":
            self._die_after_the_commit(asked)
        if self.case.refusal is not None:
            assert facts == []

    # What holds besides

    @invariant()
    def no_party_takes_a_step_once_he_is_known(self) -> None:
        kept_out = Parties()
        for fact in self._facts(Ownership.PartiesKeptOut, Course.StepTaken):
            if isinstance(fact, Ownership.PartiesKeptOut):
                kept_out = Parties(frozenset(fact.kept_out))
                continue
            # A matter that a repeat opened again is opened in the owner's name, not by him.
            assert fact.step == "reopen" or not kept_out.include(fact.by, fact.office)

    @invariant()
    def whoever_is_named_is_kept_out_and_nobody_else(self) -> None:
        told = self._facts(Ownership.PartiesKeptOut)
        marks = set(told[-1].kept_out) if told else set()
        assert marks == {mark_of(number(), code) for code in self.parties}
        due = self._facts(Ownership.RecusalDue)
        open_again = self._facts(Ownership.Reopened)
        assert len(due) <= 1 or open_again
        if self.parties.isdisjoint({HUANG}):
            assert due == []

    @invariant()
    def a_party_at_work_is_due_to_be_replaced_until_he_is(self) -> None:
        shown = self._shown()
        if shown["version"] != self._version() or not shown["version"]:
            return
        at_work = {
            "unit": [shown["unit"]],
            "handler": [shown["handler"]],
            "assisting": shown["assisting"],
            "team": shown["team"],
        }
        parts = [part for part, who in at_work.items() if self.parties & set(who)]
        due = []
        for fact in self._facts(Course.ReplacementDue, Course.ReplacementSettled, Course.StepTaken):
            if isinstance(fact, Course.ReplacementDue):
                due = fact.parts
            elif isinstance(fact, Course.ReplacementSettled) or fact.state == "closed":
                due = []
        assert due == ([] if shown["state"] in FINAL else parts)

    @invariant()
    def what_was_stated_first_stays_on_record(self) -> None:
        """A correction says before and after; the fact that it corrects is as it was."""
        stated: list[dict[str, Any]] = []
        for fact in self._facts(Course.StepTaken, Course.StepCorrected):
            if isinstance(fact, Course.StepTaken):
                stated.append(dict(fact.given))
                continue
            now = stated[fact.step_number - 1]
            assert {name: now[name] for name in fact.before} == fact.before
            now |= fact.after
        shown = self._shown()
        if shown["version"] == self._version():
            assert [step["given"] for step in shown["steps"]] == stated

    @invariant()
    def a_matter_is_withdrawn_with_its_last_petition_only(self) -> None:
        withdrawn = {fact.withdrawn_number for fact in self._facts(Ownership.WithdrawalReceived)}
        by_petitioner = [fact for fact in self._facts(Course.StepTaken) if fact.by == "petitioner"]
        assert len(withdrawn) == len(self._facts(Ownership.WithdrawalReceived))
        if by_petitioner:
            assert number() in withdrawn


def test_the_course_holds_whatever_comes_between(stores: Stores):
    """Corrections, parties, withdrawal: once each, at any moment, and never a step too many."""
    machine = type("Machine", (TheCourseWhileIntakeTells,), {"stores": stores})
    chosen = settings(max_examples=30, stateful_step_count=25, phases=[Phase.generate])
    run_state_machine_as_test(machine, settings=chosen)
