"""Exactly one owner, always: random steps, several processes, every delivery that can happen.

Three applications work on one store as three processes would, and take their steps in the middle
of one another's.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
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

from chassis.eventstore.application import Provenance
from chassis.messaging.inbox import Inbox, provenance_of
from chassis.messaging.telling import teller
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.responsibility.application import Responsibility
from services.responsibility.bootstrap import READING
from services.responsibility.domain.evidence import Registration
from services.responsibility.publishing import TELLINGS
from services.responsibility.reactions import reactions
from services.responsibility.readmodels.caseloads import Caseloads
from services.responsibility.readmodels.matters import Matters
from tests.builders import (
    COUNTY,
    FOLLOWER,
    HUANG,
    OTHER_COUNTY,
    SHEN,
    TAO,
    TODAY,
    Clock,
    actor,
    number,
    petition_id,
    registered,
    statement,
)
from tests.unit.responsibility import casebook
from tests.unit.responsibility.casebook import Contended
from tests.unit.responsibility.rulebook import Dispute, Petition, Rulebook, Step
from tests.unit.stores import SourceLog, Stores, tables

PROCESSES = 3
# Few, so that the steps meet one another.
PETITIONS = 4
PROVINCE = actor("D330000001", "330000-01")
MOVED_BY = {"ownership.taken.v1", "ownership.succeeded.v1", "ownership.recused.v1"}

leaders = st.sampled_from([HUANG, SHEN, TAO])
offices = st.sampled_from([COUNTY, OTHER_COUNTY])
petitions = st.integers(0, PETITIONS - 1)
steps = st.one_of(
    st.builds(Step, st.just("receive"), petitions, leaders, st.sampled_from([0, 1, 3])),
    st.builds(Step, st.sampled_from(["succeed", "recuse", "close"]), petitions, leaders),
    st.builds(Step, st.just("rule"), petitions, upheld=st.booleans()),
    st.builds(Step, st.sampled_from(["reply", "reopen"]), petitions),
    st.builds(Step, st.just("roster"), st.integers(0, 1), leaders),
    st.builds(Step, st.just("deliver"), positions=st.lists(petitions, min_size=1, max_size=6)),
)


class IntakeAnswers:
    """Intake, asked for what it has acknowledged."""

    def __init__(self, log: SourceLog) -> None:
        self._log = log

    def fetch(self, wanted: str) -> Sequence[tuple[Registration, Provenance]]:
        by_id = {event.data["petition_id"]: event for event in self._log.events}
        event = next(event for event in self._log.events if event.data["number"] == wanted)
        behind = [by_id[event.data["repeats"]]] if event.data["repeats"] else []
        told = [*behind, event]
        return [
            (READING.registration_of(each), provenance_of(each, "responsibility")) for each in told
        ]


class OneOwnerAlways(RuleBasedStateMachine):
    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.intake = SourceLog()
        self.rules = Rulebook()
        self.first_contacts: dict[int, dict[str, Any]] = {}
        self.chains: dict[int, list[dict[str, Any]]] = {}
        self._snapshots: list[Rulebook] = [deepcopy(self.rules)]
        self._endings = ExitStack()

    @initialize()
    def start(self) -> None:
        environment = self.stores.fresh("responsibility")
        self.processes = [self._process(environment) for _ in range(PROCESSES)]
        self.inboxes = [self._inbox(each) for each in self.processes]
        self.tell = teller("responsibility", TELLINGS)

    def _process(self, environment: dict[str, str]) -> Contended:
        matters = Matters()
        made = Contended(
            environment, self.clock, [matters, Caseloads()], matters, IntakeAnswers(self.intake)
        )
        self._endings.callback(made.close)
        return made

    def _inbox(self, application: Responsibility) -> Inbox:
        return Inbox(
            application=application,
            service="responsibility",
            reactions=reactions(application, READING),
            known=frozenset(MESSAGES),
            sources=("intake",),
            reader=self.intake,
        )

    def teardown(self) -> None:
        self._endings.close()

    # Rules

    @precondition(lambda self: len(self.rules.petitions) < PETITIONS)
    @rule(
        channel=st.sampled_from(["visit", "letter"]),
        office=offices,
        repeats=st.none() | petitions,
    )
    def register(self, channel: str, office: str, repeats: int | None) -> None:
        """Intake registers a petition, perhaps a repeat; nobody else hears of it yet."""
        known, serial = self.rules.petitions, len(self.rules.petitions) + 1
        original = None
        if known and repeats is not None:
            named = known[repeats % len(known)]
            original = named.original or named.serial
        self.clock.advance(timedelta(minutes=1))
        event = registered(
            serial,
            serial,
            original,
            office=office,
            channel=channel,
            recordedtime=self.clock(),
            original_office=known[original - 1].office if original else COUNTY,
        )
        self.intake.events.append(event)
        known.append(
            Petition(serial, number(serial, office), office, channel, self.clock(), original)
        )
        self._snapshots = [deepcopy(self.rules)]

    @precondition(lambda self: self.rules.petitions)
    @rule(step=steps)
    def one_step(self, step: Step) -> None:
        """Somebody takes one step, undisturbed."""
        self._race([[step]])

    @precondition(lambda self: self.rules.petitions)
    @rule(
        nested=st.lists(st.lists(steps, min_size=1, max_size=3), min_size=1, max_size=2),
        outer=steps,
    )
    def several_at_once(self, outer: Step, nested: list[list[Step]]) -> None:
        """While one process decides another takes steps, and a third while that one decides."""
        self._race([[outer], *nested])

    @precondition(lambda self: self.rules.petitions)
    @rule(outer=steps, inner=steps, leader=leaders)
    def several_at_one_petition(self, outer: Step, inner: Step, leader: str) -> None:
        """The same, at one petition, the roster changing under their hands."""
        roster = Step("roster", outer.of, leader)
        everything = Step("deliver", positions=range(len(self.rules.petitions)))
        self._race([[outer], [replace(inner, of=outer.of), everything, roster]])

    def _race(self, levels: list[list[Step]]) -> None:
        self.clock.advance(timedelta(minutes=1))
        self._snapshots = [deepcopy(self.rules)]
        self._level(levels, 0)

    def _level(self, levels: list[list[Step]], depth: int) -> None:
        for step in levels[depth]:
            process = self.processes[depth]
            deeper = depth + 1 < len(levels)
            process.meanwhile = (lambda: self._level(levels, depth + 1)) if deeper else None
            self._attempt(step, depth)
            process.meanwhile = None

    # One step, compared with the rule book

    def _attempt(self, step: Step, process: int) -> None:
        began = len(self._snapshots) - 1
        dispute_id = self._dispute_to_rule_on(step)
        try:
            answer = self._asked(step, dispute_id, process)
        except Exception as refusal:
            code = getattr(refusal, "code", None)
            if code is None:
                raise
            self._was_right_to_refuse(step, dispute_id, code, began)
        else:
            self._was_right_to_accept(step, dispute_id, answer)
        self._snapshots.append(deepcopy(self.rules))

    def _asked(self, step: Step, dispute_id: str, process: int) -> Any:
        if step.kind == "deliver":
            return self.inboxes[process].receive(self._delivered(step))
        return self._command(step, dispute_id)(self.processes[process])

    def _delivered(self, step: Step) -> list[CloudEvent]:
        events = self.intake.events
        return [events[position % len(events)] for position in step.positions]

    def _command(self, step: Step, dispute_id: str) -> casebook.Asked:
        if step.kind == "roster":
            office = (COUNTY, OTHER_COUNTY)[step.of % 2]
            return casebook.set_roster((TODAY, step.leader), office=office)
        petition = self.rules.chosen(step)
        of = petition.number
        return {
            "receive": lambda: casebook.receive(
                step.leader,
                self.clock() - timedelta(days=step.earlier) if step.earlier else None,
                of=of,
                office=petition.office,
            ),
            "succeed": lambda: casebook.succeed(step.leader, of=of, by=PROVINCE),
            "recuse": lambda: casebook.recuse(step.leader, of=of, by=PROVINCE),
            "rule": lambda: casebook.rule(
                "upheld" if step.upheld else "rejected", dispute_id, of=of, by=PROVINCE
            ),
            "reply": lambda: casebook.reply(of=of, by=PROVINCE),
            "close": lambda: casebook.close(
                statement(follow_up_visit_at=self.clock(), evaluation_asked_at=self.clock()),
                of=of,
                by=step.leader,
            ),
            "reopen": lambda: casebook.reopen(of=of, by=PROVINCE),
        }[step.kind]()

    def _dispute_to_rule_on(self, step: Step) -> str:
        """An open dispute of the petition, else one that was ruled on, else none."""
        if step.kind != "rule":
            return ""
        petition = self.rules.chosen(step)
        matter = self.rules.matters.get(petition.original or petition.serial)
        disputes = matter.disputes if matter else {}
        ranked = sorted(disputes, key=lambda each: (disputes[each].ruling is not None, each))
        return ranked[0] if ranked else "D-none"

    def _was_right_to_refuse(self, step: Step, dispute_id: str, code: str, began: int) -> None:
        """A refusal holds if the rules gave it at some instant since the step began."""
        self.rules.arrive(self.rules.chosen(step))
        since = [deepcopy(each) for each in (*self._snapshots[began:], self.rules)]
        assert code in {each.refusal_of(step, dispute_id) for each in since}

    def _was_right_to_accept(self, step: Step, dispute_id: str, answer: Any) -> None:
        """What was written holds by the rules at the instant of its writing."""
        assert self.rules.refusal_of(step, dispute_id) is None
        if step.kind == "deliver":
            last = max(event.position for event in self._delivered(step))
            for petition in self.rules.petitions[:last]:
                self.rules.arrive(petition)
        elif step.kind == "roster":
            self.rules.roster[(COUNTY, OTHER_COUNTY)[step.of % 2], TODAY] = step.leader
        elif step.kind == "receive":
            assert answer["standing"] == self.rules.receive(step, self.clock())
            matter = self.rules.matter_of(self.rules.chosen(step))
            assert answer["owner"] == matter.owner
            if answer["dispute_id"]:
                matter.disputes[answer["dispute_id"]] = Dispute(step.leader)
        else:
            self.rules.take(step, dispute_id)
            assert answer["owner"] == self.rules.matter_of(self.rules.chosen(step)).owner

    # What holds after every step

    @invariant()
    def owners_are_those_of_the_rule_book(self) -> None:
        for serial, matter in self.rules.matters.items():
            answer = self._answer_of(serial)
            chain = [(link["owner"], link["ground"]) for link in answer["chain"]]
            assert chain == matter.chain
            assert (answer["owner"], answer["state"]) == (matter.owner, matter.state)

    @invariant()
    def the_first_contact_never_changes_and_the_chain_only_grows(self) -> None:
        for serial in self.rules.matters:
            answer = self._answer_of(serial)
            known = self.chains.get(serial, [])
            assert answer["chain"][: len(known)] == known
            self.chains[serial] = answer["chain"]
            if answer["first_contact"]:
                first = self.first_contacts.setdefault(serial, answer["first_contact"])
                assert answer["first_contact"] == first

    @invariant()
    def the_log_tells_of_one_owner_at_a_time(self) -> None:
        log = self.processes[0].log_of_events.select_recorded(0, 100_000)
        assert [recorded.id for recorded in log] == list(range(1, len(log) + 1))
        owners: dict[str, str] = {}
        for event in map(self.tell, log):
            if event.type in MOVED_BY:
                assert event.data.get("previous_owner") == owners.get(event.subject)
                owners[event.subject] = event.data["owner"]
        expected = {petition_id(s): m.owner for s, m in self.rules.matters.items() if m.owner}
        assert owners == expected

    @invariant()
    def the_tables_are_what_the_log_adds_up_to(self) -> None:
        before = tables(self.processes[0])
        self.processes[0].rebuild()
        assert tables(self.processes[0]) == before

    @invariant()
    def nothing_had_to_be_parked(self) -> None:
        assert self.inboxes[0].parked() == 0

    def _answer_of(self, serial: int) -> dict[str, Any]:
        petition = self.rules.petitions[serial - 1]
        return self.processes[0].owner_of(petition.number, FOLLOWER)


def test_one_owner_always(stores: Stores) -> None:
    """Whatever is done, in whatever order and by however many at once."""
    machine = type("Machine", (OneOwnerAlways,), {"stores": stores})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=30))
