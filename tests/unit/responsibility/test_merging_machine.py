"""Merging and splitting: one owner a matter, every number findable, whoever does what and when.

Two clerks link and unlink at intake, in the middle of one another's steps; responsibility hears of
it late, and in the middle of its own.
"""

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.intake.domain.petition import Petition
from services.responsibility.application.callers import Viewer
from services.responsibility.application.courses import Courses
from services.responsibility.domain.ownership import Ownership
from services.responsibility.readmodels.caseloads import Caseloads
from services.responsibility.readmodels.matters import Matters
from services.responsibility.readmodels.terms import TermTables
from tests.builders import CLERK, COUNTY, FOLLOWER, HEAD, HUANG, SHEN, TAO, TODAY, Clock, actor
from tests.unit.responsibility import casebook
from tests.unit.responsibility.casebook import Contended
from tests.unit.responsibility.linked import Counter, contended_intake, inbox_from
from tests.unit.stores import Stores, rows, tables

SECOND_CLERK = "K330424002"
PEOPLE = ("330424195503120013", "330424196001010028")
TEXTS = ("外墙渗水两年无人修", "外墙渗水两年仍无人修", "养老金少发三个月")
PETITIONS = 5
REFUSED_LINKS = {
    "already_linked",
    "not_linked",
    "original_is_later",
    "repeat_of_itself",
    "proposal_unknown",
}
LINKING = (Petition.Registered, Petition.RepeatLinked)
REFUSED_STEPS = {"same_owner", "not_owned", "not_the_owner", "case_closed", "petition_unknown"}
LOOKER = Viewer(actor(HEAD))
which = st.integers(0, PETITIONS - 1)
leaders = st.sampled_from([HUANG, SHEN, TAO])
links = st.tuples(
    st.sampled_from(["link", "link", "link", "unlink", "unlink", "decline"]), which, which
)
steps = st.tuples(
    st.sampled_from(["receive", "receive", "close", "transfer", "succeed"]), which, leaders
)


class MergingAndSplitting(RuleBasedStateMachine):
    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.numbers: list[str] = []
        self.originals: dict[str, str] = {}
        self.owned: set[str] = set()
        self.received: set[str] = set()
        self.acted: set[str] = set()
        self.void = 0
        self.log: list[Any] = []
        # What was asked and compared holds as long as nothing else goes on record.
        self.answers: dict[str, dict[str, Any]] = {}
        self.compared: list[int] = []
        self.letters: set[str] = set()
        self.stood: list[tuple[datetime, dict[str, str]]] = []
        self._endings = ExitStack()

    @initialize(on_duty=st.booleans())
    def start(self, *, on_duty: bool) -> None:
        intake = self.stores.fresh("intake")
        self.counters = [Counter(contended_intake(intake, self.clock)) for _ in range(2)]
        environment = self.stores.fresh("responsibility")
        self.processes = [self._process(environment) for _ in range(2)]
        self.inboxes = [inbox_from(self.counters[0], each) for each in self.processes]
        self.on_duty = on_duty
        if on_duty:
            casebook.set_roster((TODAY, TAO), office=COUNTY)(self.processes[0])
        for each in (*self.processes, *(counter.intake for counter in self.counters)):
            self._endings.callback(each.close)

    def _process(self, environment: dict[str, str]) -> Contended:
        matters = Matters()
        read_models = [matters, Caseloads(), TermTables()]
        return Contended(environment, self.clock, read_models, matters, self.counters[0])

    def teardown(self) -> None:
        if hasattr(self, "inboxes"):
            self.everything_arrives()
            self.each_number_is_shown_where_it_was()
        self._endings.close()

    def each_number_is_shown_where_it_was(self) -> None:
        """As of any instant, whatever has been linked and unlinked since."""
        courses = Courses(self.processes[1])
        for at, matters in self.stood[::4]:
            for number, matter in matters.items():
                assert courses.course_of(number, at, LOOKER)["matter"] == matter

    # Steps

    @precondition(lambda self: len(self.numbers) < PETITIONS)
    @rule(
        who=st.sampled_from(PEOPLE),
        text=st.sampled_from(TEXTS),
        channel=st.sampled_from(["visit", "letter"]),
    )
    def register(self, who: str, text: str, channel: str) -> None:
        answer = self.counters[0].register(who, text, channel=channel)
        self.numbers.append(answer["number"])
        self.letters |= {answer["number"]} if channel == "letter" else set()
        if answer["repeat_of"]:
            self._note_original(answer["number"])

    def _note_original(self, number: str) -> None:
        """Note which petition it repeats, as the newest fact of it that links it says."""
        intake = self.counters[0].intake
        facts = map(
            intake.mapper.to_domain_event,
            intake.log_of_events.select_recorded_of(intake.stream_of(number)),
        )
        named = [fact.named_number for fact in facts if isinstance(fact, LINKING)]
        self.originals[number] = named[-1]

    @precondition(lambda self: self.numbers)
    @rule(outer=links, inner=links)
    def two_clerks_link(self, outer: Any, inner: Any) -> None:
        """One in the middle of the other's step."""
        self.counters[0].intake.meanwhile = lambda: self._link(1, inner)  # type: ignore[attr-defined]
        self._link(0, outer)
        self.counters[0].intake.meanwhile = None  # type: ignore[attr-defined]

    def _link(self, clerk: int, asked: Any) -> None:
        kind, one, other = asked
        counter, by = self.counters[clerk], (CLERK, SECOND_CLERK)[clerk]
        number, of = self._chosen(kind, one), self._number(other)
        try:
            if kind == "link":
                counter.link(number, of, by)
                self._note_original(number)
            elif kind == "unlink":
                counter.unlink(number, by)
                del self.originals[number]
            else:
                counter.decline(number, by)
        except Exception as refusal:
            if getattr(refusal, "code", None) not in REFUSED_LINKS:
                raise

    @precondition(lambda self: self.numbers)
    @rule(step=steps, arriving=st.integers(0, 4))
    def somebody_steps(self, step: Any, arriving: int) -> None:
        """While he decides, the other process takes in what has arrived by then."""
        self.processes[0].meanwhile = lambda: self._arrive(1, arriving)
        self._step(step)
        self.processes[0].meanwhile = None

    def _step(self, step: Any) -> None:
        kind, of, leader = step
        number = self._number(of)
        asked = {
            "receive": lambda: casebook.receive(leader, of=number),
            "close": lambda: casebook.close(of=number, by=leader),
            "transfer": lambda: casebook.take("transfer", of=number),
            "succeed": lambda: casebook.succeed(leader, of=number),
        }[kind]()
        try:
            asked(self.processes[0])
            self.received |= {number} if kind == "receive" else set()
            self.acted |= {number} if kind != "receive" else set()
        except Exception as refusal:
            known = REFUSED_STEPS | {"closing_conditions_unmet", "condition_unmet"}
            if getattr(refusal, "code", None) not in known | {"step_not_open"}:
                raise

    @rule(process=st.integers(0, 1), events=st.integers(1, 4))
    def something_arrives(self, process: int, events: int) -> None:
        self._arrive(process, events)

    @rule()
    def everything_arrives(self) -> None:
        """What intake has linked is what responsibility has merged."""
        self.inboxes[0].catch_up()
        assert self.inboxes[0].parked() == 0
        for number in self.numbers:
            row = self.counters[0].intake.row_of(number)
            assert row["matter_number"] == self._root(number)
            assert self._owner(number)["matter"] == self._root(number)

    def _arrive(self, process: int, events: int) -> None:
        inbox = self.inboxes[process]
        told = self.counters[0].events_after("intake", inbox.applied("intake"), events)
        inbox.receive(told)

    def _chosen(self, kind: str, index: int) -> str:
        """Choose what the step is for, where there is such a petition."""
        linked = [number for number in self.numbers if number in self.originals]
        first = [number for number in self.numbers[1:] if number not in self.originals]
        fitting = {"link": first, "unlink": linked}.get(kind) or self.numbers
        return fitting[index % len(fitting)]

    def _number(self, index: int) -> str:
        return self.numbers[index % len(self.numbers)]

    def _root(self, number: str) -> str:
        while number in self.originals:
            number = self.originals[number]
        return number

    # What holds after every step

    @invariant()
    def each_number_leads_to_one_matter(self) -> None:
        """The matters share out the numbers: none is lost, none is in two."""
        known = self._known()
        owners = {number: self._owner(number) for number in known}
        self.stood.append(
            (self.clock(), {number: each["matter"] for number, each in owners.items()})
        )
        self.clock.advance(timedelta(seconds=1))
        for number, answer in owners.items():
            assert number in {answer["matter"], *answer["repeats"]}
            whole = owners[answer["matter"]]
            assert {**answer, "number": ""} == {**whole, "number": ""}
        matters = {answer["matter"]: answer["repeats"] for answer in owners.values()}
        shared_out = sorted([*matters, *(each for repeats in matters.values() for each in repeats)])
        assert shared_out == sorted(known)

    @invariant()
    def nothing_that_had_an_owner_is_without_one(self) -> None:
        """Unless he came to it by a petition that was never of it, or to that by the matter."""
        owned = {number for number in self._known() if self._owner(number)["owner"]}
        void = self._void()
        assert self.owned <= owned or void > self.void
        self.owned, self.void = owned, void

    @invariant()
    def whatever_was_received_has_an_owner(self) -> None:
        """By one of its own petitions, whichever matter that was of at the time."""
        for number in self._known():
            answer = self._owner(number)
            if self.received & {answer["matter"], *answer["repeats"]}:
                assert answer["owner"]

    @invariant()
    def whatever_was_registered_while_somebody_was_on_duty_has_an_owner(self) -> None:
        """By its own letter; a visit is nobody's before it is received."""
        for number in self._known() if hasattr(self, "on_duty") and self.on_duty else []:
            answer = self._owner(number)
            if self.letters & {answer["matter"], *answer["repeats"]}:
                assert answer["owner"]

    @invariant()
    def whoever_owns_it_came_by_one_of_its_petitions(self) -> None:
        """Or somebody has done something in what it was part of."""
        for number in self._known():
            ownership = self.processes[0].led_to(self.processes[0].asking(FOLLOWER.actor), number)
            for link in ownership.record.chain[:1]:
                if link.number not in ownership.numbers or link.ground == "split":
                    assert self.acted & self._together(ownership)

    def _together(self, ownership: Ownership) -> set[str]:
        """Return the numbers that were ever of one matter with those of an ownership."""
        return {
            number
            for _, matters in self.stood
            for number, matter in matters.items()
            if any(matters.get(each) == matter for each in ownership.numbers)
        }

    def _void(self) -> int:
        """How often an ownership turned out to be void, or a matter left without an owner."""
        if not hasattr(self, "processes"):
            return 0
        voided, split = Ownership.Voided, Ownership.Split
        return sum(
            isinstance(each, voided) or (isinstance(each, split) and each.owner is None)
            for each in self._log()
        )

    @invariant()
    def lists_show_matters_and_nothing_else(self) -> None:
        if not hasattr(self, "processes"):
            return
        shown = {row[0]: row for row in rows(self.processes[0], "caseload") if row[8] != "merged"}
        matters = {self._owner(number)["matter"]: number for number in self._known()}
        assert shown.keys() == matters.keys()
        for number, row in shown.items():
            answer = self._owner(number)
            assert (row[6] or None, row[8]) == (answer["owner"], answer["state"])
            assert row[9] == len(answer["repeats"])

    @invariant()
    def a_term_runs_for_what_is_a_matter_and_open(self) -> None:
        """What is part of another owes no first step of its own."""
        if not hasattr(self, "processes"):
            return
        running = {row[1] for row in rows(self.processes[0], "term") if row[5] == ""}
        merged = {each for each in self._known() if self._owner(each)["matter"] != each}
        assert not running & merged

    @invariant()
    def the_tables_are_what_the_logs_add_up_to(self) -> None:
        if not hasattr(self, "processes"):
            return
        both = self.processes[0], self.counters[0].intake
        heads = [application.log_of_events.head() for application in both]
        if heads == self.compared:
            return
        for application in both:
            before = tables(application)
            application.rebuild()
            assert tables(application) == before
        self.compared = heads

    def _known(self) -> list[str]:
        if not hasattr(self, "processes"):
            return []
        return [row[0] for row in rows(self.processes[0], "matter")]

    def _log(self) -> list[Any]:
        application = self.processes[0]
        more = application.log_of_events.select_recorded(len(self.log), 10_000)
        if more:
            self.answers = {}
        self.log.extend(map(application.mapper.to_domain_event, more))
        return self.log

    def _owner(self, number: str) -> dict[str, Any]:
        self._log()
        if number not in self.answers:
            self.answers[number] = self.processes[1].owner_of(number, FOLLOWER)
        return self.answers[number]


def test_one_owner_a_matter_and_every_number_is_found(stores: Stores) -> None:
    """Whatever is registered, received, linked, unlinked and closed, in whatever order."""
    machine = type("Machine", (MergingAndSplitting,), {"stores": stores})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=25))
