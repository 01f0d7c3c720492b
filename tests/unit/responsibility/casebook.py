"""Given facts, when a command, then facts or a refusal or nothing.

A `Casebook` is the real application on a real store. Facts given are written to its log as they
are; a command is what one of the functions below returns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from chassis.eventstore.application import Provenance, ReadModel, Unit
from chassis.jurisdiction import Actor
from services.responsibility.application import Responsibility
from services.responsibility.application.callers import ReportedReception
from services.responsibility.application.courses import Courses, StepAsked
from services.responsibility.domain.evidence import (
    Approval,
    ClosingStatement,
    Registration,
    Successor,
)
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.roster import RosterLine
from services.responsibility.domain.taking import StepCorrection
from services.responsibility.readmodels.caseloads import Caseloads, Onlooker
from services.responsibility.readmodels.matters import Matters
from services.responsibility.readmodels.terms import TermTables
from statute.course import STEPS
from tests.builders import (
    CLERK,
    COUNTY,
    FOLLOWER,
    HEAD,
    HUANG,
    SHEN,
    TODAY,
    Clock,
    Happened,
    actor,
    approval,
    command,
    number,
    statement,
)

Asked = Callable[[Responsibility], Any]

_requests = count(1)

# Looks at lists; he is a party to nothing.
ANYBODY = Onlooker("", "")


@dataclass
class FakeArrivals:
    """What intake has acknowledged and its events have not brought."""

    on_record: dict[str, Sequence[tuple[Registration, Provenance]]] = field(default_factory=dict)

    def acknowledge(self, *registrations: Registration) -> None:
        """Have intake know a petition, behind the original that it repeats."""
        told = [(each, arrival_of(each)) for each in registrations]
        self.on_record[registrations[-1].number] = told

    def fetch(self, wanted: str) -> Sequence[tuple[Registration, Provenance]]:
        return self.on_record.get(wanted, ())


def arrival_of(registration: Registration) -> Provenance:
    return Provenance("service:responsibility", "call-1", f"registered/{registration.number}")


def responsibility(
    environment: dict[str, str], clock: Clock, arrivals: Any, *more: ReadModel
) -> Responsibility:
    matters = Matters()
    read_models = [matters, Caseloads(), TermTables(), *more]
    return Responsibility(environment, clock, read_models, matters, arrivals)


class Contended(Responsibility):
    """One process of several: others take their steps between its loading and its deciding.

    What it decided on is then no longer what is on record when it writes.

    Attributes:
        meanwhile: what the others do, once, after this one has loaded a matter.
    """

    meanwhile: Callable[[], None] | None = None

    def find(self, aggregate_class: Any, id_: Any) -> Any:
        found = super().find(aggregate_class, id_)
        if aggregate_class is Ownership:
            self._let_others()
        return found

    def load(self, ids: Any) -> Any:
        found = super().load(ids)
        self._let_others()
        return found

    def _let_others(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()


class Casebook:
    """Attributes: answer: what the command returned; refusal: why it returned nothing."""

    def __init__(self, application: Responsibility, clock: Clock, arrivals: FakeArrivals) -> None:
        self.application = application
        self.clock = clock
        self.arrivals = arrivals
        self.answer: Any = None
        self.refusal: Any = None
        self._given_up_to = 0

    def given(self, *facts: Happened) -> None:
        """Put facts on record, whatever a rule may say about them."""
        cause = f"given-{next(_requests)}"
        self.application.run(Provenance(CLERK, "given", cause), lambda unit: _record(unit, facts))

    def given_roster(self, leader: str, day: date = TODAY, office: str = COUNTY) -> None:
        set_roster((day, leader), office=office)(self.application)

    def when(self, ask: Asked) -> None:
        """Ask for one step."""
        self.answer = self.refusal = None
        self._given_up_to = self.application.log_of_events.head()
        try:
            self.answer = ask(self.application)
        except Exception as error:
            if not hasattr(error, "code"):
                raise
            self.refusal = error

    def when_registered(self, *registrations: Registration) -> None:
        """Let intake tell of petitions."""
        self.when(lambda application: [_register(application, each) for each in registrations])

    def then(self, *expected: Happened) -> None:
        """Exactly these facts went on record, in this order."""
        assert self.refusal is None, f"refused: {self.refusal} {self.refusal.fields}"
        facts = self.new_facts()
        assert [type(fact).__qualname__ for fact in facts] == [
            each.kind.__qualname__ for each in expected
        ]
        for fact, each in zip(facts, expected, strict=True):
            assert {name: getattr(fact, name) for name in each.stated} == each.stated

    def then_nothing(self) -> None:
        """The step was fine, and there was nothing to record."""
        self.then()

    def then_refused(self, refusal: type[Exception], **fields: str) -> None:
        """A rule said no, and left no trace."""
        assert type(self.refusal) is refusal, self.refusal or self.answer
        assert fields.items() <= self.refusal.fields.items()
        assert self.new_facts() == []

    def new_facts(self) -> list[Any]:
        log = self.application.log_of_events
        return [
            self.application.mapper.to_domain_event(recorded)
            for recorded in log.select_recorded(self._given_up_to, 1_000)
        ]

    def ownership(self, of: str | None = None) -> Any:
        return self.application.owner_of(of or number(), FOLLOWER)

    def owners(self) -> list[str]:
        """All holders, oldest first."""
        return [link["owner"] for link in self.ownership()["chain"]]


def _register(application: Responsibility, registration: Registration) -> None:
    def decide(unit: Unit) -> dict[str, Any]:
        application.open_matter(unit, registration)
        return {}

    application.run(arrival_of(registration), decide)


def _record(unit: Unit, facts: Sequence[Happened]) -> dict[str, Any]:
    last: UUID | None = None
    for fact in facts:
        fields = fact.complete
        id_ = _stream_of(fact, last)
        if issubclass(fact.kind, Aggregate.Created):
            kind = RosterLine if fact.kind is RosterLine.LineSet else Ownership
            unit.add(kind._create(fact.kind, id=id_, **fields))
        else:
            found: Any = unit.find(RosterLine if "day" in fields else Ownership, id_)
            found.trigger_event(fact.kind, **fields)
        last = id_
    return {}


def _stream_of(fact: Happened, last: UUID | None) -> UUID:
    fields = fact.complete
    if "day" in fields:
        return RosterLine.create_id(fields["office"], fields["day"])
    if fact.kind is Ownership.Awaited:
        return Ownership.create_id(fields["petition_id"])
    return last or Ownership.create_id(happened_to())


def happened_to() -> str:
    """The petition that facts are about unless an earlier one of the list names another."""
    return Happened(Ownership.Awaited).complete["petition_id"]


# Commands. Each has a request id of its own unless one is given.


def take(  # noqa: PLR0913 - what a step may state
    step: str,
    *,
    by: str = HEAD,
    office: str = COUNTY,
    of: str | None = None,
    at: datetime | None = None,
    sees: int | None = None,
    **given: Any,
) -> Asked:
    """Take a step of the course; what it has to have stated is filled in where it is not given."""
    stated = {**{name: GIVEN[name] for name in STEPS[step].takes}, **given}
    asked = StepAsked(of or number(), step, stated, at)
    sent = _sent(step, asked, actor(by, office), None, sees)
    return lambda application: Courses(application).take_step(sent, asked)


def correct(
    step_number: int,
    *,
    by: str = HEAD,
    office: str = COUNTY,
    sees: int | None = None,
    **stated: Any,
) -> Asked:
    """Correct what was stated with a step of the course."""
    correction = StepCorrection(step_number, stated, "誊写有误")
    sent = _sent("correct_step", correction, actor(by, office), None, sees)
    return lambda application: Courses(application).correct_step(sent, number(), correction)


# What is stated with a step, where a test does not say.
GIVEN: dict[str, Any] = {
    "unit": "330424-07",
    "document": "海信〔2026〕1号",
    "reason": "see the document",
    "report_by": "2027-01-15",
    "settled_by": "agreement",
    "ground": "not_competent",
    "route": "litigation",
    "handler": "U330424071",
    "team": ["U330424071", "U330424072"],
    "days": 30,
    "office_score": 4,
    "unit_score": 4,
    "satisfied": True,
    "finding": "upheld",
    "trigger": "perfunctory",
    "proposal": "improve_work",
    "adopted": True,
    "found_by": "inspection",
    "instead_of": "330424-07",
    "asked_through": "phone",
}


def receive(  # noqa: PLR0913 - what a reception may state
    leader: str = HUANG,
    at: datetime | None = None,
    *,
    office: str = COUNTY,
    of: str | None = None,
    by: Actor | None = None,
    request_id: str | None = None,
    sees: int | None = None,
) -> Asked:
    reported = ReportedReception(of or number(), leader, office, at)
    sent = _sent("receive", reported, by or actor(leader, office), request_id, sees)
    return lambda application: application.record_reception(sent, reported)


def succeed(  # noqa: PLR0913 - what a succession may state
    to: str = SHEN,
    *,
    office: str | None = None,
    of: str | None = None,
    by: Actor | None = None,
    request_id: str | None = None,
    sees: int | None = None,
    given: Approval | None = None,
) -> Asked:
    sender = by or actor(HEAD)
    approved = given or approval(approver=sender.subject)
    successor = Successor(to, office)
    sent = _sent("succeed", (of, successor, approved), sender, request_id, sees)
    return lambda application: application.succeed_owner(sent, of or number(), successor, approved)


def recuse(  # noqa: PLR0913 - what a recusal may state
    to: str = SHEN,
    *,
    office: str | None = None,
    of: str | None = None,
    by: Actor | None = None,
    request_id: str | None = None,
    sees: int | None = None,
) -> Asked:
    sender = by or actor(HEAD)
    approved = approval(approver=sender.subject, ground="direct_interest")
    successor = Successor(to, office)
    sent = _sent("recuse", (of, successor, approved), sender, request_id, sees)
    return lambda application: application.recuse_owner(sent, of or number(), successor, approved)


def rule(  # noqa: PLR0913 - what a ruling may state
    ruling: str = "upheld",
    dispute_id: str = "D-reception-1",
    *,
    of: str | None = None,
    by: Actor | None = None,
    request_id: str | None = None,
    sees: int | None = None,
) -> Asked:
    sender = by or actor(HEAD)
    approved = approval(approver=sender.subject, ground="登记簿有此记录")
    sent = _sent("rule", (of, dispute_id, ruling), sender, request_id, sees)
    return lambda application: application.rule_on_dispute(
        sent, of or number(), dispute_id, ruling, approved
    )


def reply(  # noqa: PLR0913 - what a reply may state
    document: str = "海信复〔2026〕7号",
    at: datetime | None = None,
    *,
    by: Actor | None = None,
    of: str | None = None,
    request_id: str | None = None,
    sees: int | None = None,
    carry_out_by: str | None = None,
) -> Asked:
    content = (of, document, at, carry_out_by)
    sent = _sent("reply", content, by or actor(HUANG), request_id, sees)
    until = date.fromisoformat(carry_out_by) if carry_out_by else None
    return lambda application: application.deliver_reply(sent, of or number(), document, at, until)


def close(
    stated: ClosingStatement | None = None,
    *,
    by: str = HUANG,
    of: str | None = None,
    request_id: str | None = None,
    sees: int | None = None,
) -> Asked:
    states = stated or statement()
    sent = _sent("close", (of, states), actor(by), request_id, sees)
    return lambda application: application.close_petition(sent, of or number(), states)


def reopen(
    *,
    of: str | None = None,
    by: Actor | None = None,
    request_id: str | None = None,
    sees: int | None = None,
) -> Asked:
    sent = _sent("reopen", of, by or actor(HEAD), request_id, sees)
    return lambda application: application.reopen_petition(
        sent, of or number(), "复查发现事实不清", "海信督〔2026〕5号"
    )


def set_roster(
    *lines: tuple[date, str],
    office: str = COUNTY,
    by: Actor | None = None,
    request_id: str | None = None,
) -> Asked:
    sent = _sent("set_roster", (office, lines), by or actor(HEAD, office), request_id)
    return lambda application: application.set_roster(sent, office, lines, "海信值〔2026〕11号")


def _sent(
    method: str, content: object, by: Actor, request_id: str | None, sees: int | None = None
) -> Any:
    sent = command(method, (content, sees), by, request_id or f"request-{next(_requests)}")
    return replace(sent, expected_version=sees)
