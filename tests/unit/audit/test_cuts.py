"""Replay equals live: a random history is cut at 500 points, and each cut shows what was live then.

The history is that of intake and responsibility as they are, two clerks and three leaders at work.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from msgspec import structs

from chassis.jurisdiction import Actor
from chassis.messaging.telling import teller
from contracts.envelope import CloudEvent
from services.audit.application.looking import Looking, Place
from services.audit.application.sight import Reader
from services.audit.domain.standing import Standing, standing_of
from services.audit.domain.timeline import Period
from services.audit.readmodels.lists import FactLists
from services.intake.publishing import TELLINGS as OF_INTAKE
from services.responsibility.application import Responsibility
from services.responsibility.publishing import TELLINGS as OF_RESPONSIBILITY
from services.responsibility.readmodels.caseloads import Caseloads
from services.responsibility.readmodels.matters import Matters
from services.responsibility.readmodels.terms import TermTables
from tests.builders import HUANG, SHEN, TAO, Clock, actor
from tests.unit.audit.desk import AUDITOR, Desk, audit
from tests.unit.responsibility import casebook
from tests.unit.responsibility.linked import Counter, contended_intake, inbox_from
from tests.unit.stores import Rows, Stores, rows, tables

STEPS, CUTS, SEED = 600, 500, 20_261_126
# So many events are taken in before so many replays.
STRETCH, REPLAYS = 40, 5
DIFFERENCES, ON_BOTH_CLOCKS = 150, 30
REGISTERED = "petition.registered.v1"
PEOPLE = ("330424195503120013", "330424196001010028", "330424197102030041")
TEXTS = ("外墙渗水两年无人修", "外墙渗水两年仍无人修", "养老金少发三个月", "河道淤塞")
LEADERS = (HUANG, SHEN, TAO)
APART = timedelta(minutes=7)
LEDS_ON = {"repeat", "merged"}

# Number to state and owner of the matter that it leads to, as the live tables have it.
Live = Mapping[str, tuple[str, str | None]]


@dataclass
class Moment:
    """What was live after one step.

    Attributes:
        live: number to state and owner of its matter.
        tables: read models of responsibility, as far as its log was by then.
    """

    at: datetime
    head: int
    live: Live
    tables: dict[str, Rows]


@dataclass
class History:
    """A random history, and what was live after each of its steps."""

    application: Responsibility
    counter: Counter
    clock: Clock
    rng: Random
    inbox: Any
    numbers: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)

    def run(self) -> None:
        for _ in range(STEPS):
            self.clock.advance(APART)
            self._step()
            head, found = self.application.log_of_events.head(), tables(self.application)
            self.moments.append(Moment(self.clock(), head, self._live(found), found))

    def _live(self, found: Mapping[str, Rows]) -> Live:
        caseload = {row[0]: (row[8], row[6] or None) for row in found["caseload"]}
        return {row[0]: caseload[self.ids[row[1]]] for row in found["matter"]}

    def _step(self) -> None:
        kind = self.rng.choice(["register", "register", "link", "unlink", "arrive", "step", "step"])
        if (kind == "register" and len(self.numbers) < 60) or not self.numbers:
            who, text = self.rng.choice(PEOPLE), self.rng.choice(TEXTS)
            channel = self.rng.choice(["visit", "letter"])
            number = self.counter.register(who, text, channel=channel)["number"]
            self.numbers.append(number)
            self.ids[self.counter.intake.row_of(number)["petition_id"]] = number
        elif kind == "arrive":
            self.inbox.catch_up()
        else:
            self._try(kind)

    def _try(self, kind: str) -> None:
        one, other = self.rng.choice(self.numbers), self.rng.choice(self.numbers)
        leader = self.rng.choice(LEADERS)
        asked = self.rng.choice(
            [
                casebook.receive(leader, of=one),
                casebook.receive(leader, of=one),
                casebook.succeed(leader, of=one),
                casebook.recuse(leader, of=one),
                casebook.close(of=one, by=leader),
                casebook.reopen(of=one),
            ]
        )
        try:
            if kind == "link":
                self.counter.link(one, other)
            elif kind == "unlink":
                self.counter.unlink(one)
            else:
                asked(self.application)
        except Exception as refusal:
            if not hasattr(refusal, "code"):
                raise


@pytest.fixture(scope="module")
def history(stores: Stores) -> Iterator[History]:
    clock, matters = Clock(), Matters()
    with ExitStack() as endings:
        counter = Counter(contended_intake(stores.fresh("intake"), clock))
        endings.callback(counter.intake.close)
        read_models = [matters, Caseloads(), TermTables()]
        application = Responsibility(
            stores.fresh("responsibility"), clock, read_models, matters, counter
        )
        endings.callback(application.close)
        inbox = inbox_from(counter, application)
        made = History(application, counter, clock, Random(SEED), inbox)
        made.run()
        yield made


def cuts(history: History) -> list[tuple[datetime, Moment]]:
    """Return instants, each with the moment that was the last one before it."""
    rng, begin, end = Random(SEED + 1), history.moments[0].at, history.moments[-1].at
    instants = [begin + (end - begin) * rng.random() for _ in range(CUTS)]
    times = [moment.at for moment in history.moments]
    return [(at, history.moments[bisect_right(times, at) - 1]) for at in instants]


def test_the_history_has_a_bit_of_everything(history: History):
    """So that equal means something."""
    log = history.application.log_of_events
    topics = {each.topic for each in log.select_recorded(0, 10_000)}
    assert topics >= {
        "ownership.awaited.v1",
        "ownership.taken.v1",
        "ownership.succeeded.v1",
        "ownership.recused.v1",
        "ownership.merged.v1",
        "ownership.split.v1",
        "repeat.joined.v1",
        "case.closed.v1",
        "case.reopened.v1",
    }


def test_live_tables_equal_a_replay_at_any_cut(history: History, stores: Stores):
    """Of the read models of responsibility: events from the first to the cut, and nothing else."""
    heads = {moment.head: moment for _, moment in cuts(history)}
    log, matters = history.application.log_of_events, Matters()
    environment = stores.fresh("responsibility")
    read_models = [matters, Caseloads(), TermTables()]
    replayed = Responsibility(environment, history.clock, read_models, matters, history.counter)
    at = 0
    for head in sorted(heads):
        page = log.select_recorded(at, head - at) if head > at else []
        with replayed.log_of_events.writing() as transaction:
            for recorded in page:
                event = replayed.mapper.to_domain_event(recorded)
                for model in read_models:
                    model.apply(transaction, event, recorded)
        at = head
        assert tables(replayed) == heads[head].tables, head
    replayed.close()


def events_of(history: History) -> Iterator[CloudEvent]:
    """Return what both services have told, each log in its order."""
    told = (("intake", OF_INTAKE, history.counter.intake),
            ("responsibility", OF_RESPONSIBILITY, history.application))  # fmt: skip
    for source, tellings, application in told:
        recorded = application.log_of_events.select_recorded(0, 10_000)
        yield from map(teller(source, tellings), recorded)


def test_a_county_as_of_any_cut_is_what_was_live_then(history: History, stores: Stores):
    """Audit answers from its timeline what responsibility answered at the time."""
    with stores.opened("audit", lambda environment: audit(environment, history.clock)) as made:
        desk = Desk(made, history.clock)
        desk.take_in(*events_of(history))
        looking = Looking(made.log_of_events, FactLists(), history.clock)
        for at, moment in cuts(history):
            assert stood(looking, at, moment.live) == moment.live, at


def test_a_county_on_both_clocks_is_what_the_replay_of_each_case_adds_up_to(
    history: History, stores: Stores
):
    """What had happened by one instant, as far as it was on record at another."""
    rng = Random(SEED + 4)
    with stores.opened("audit", lambda environment: audit(environment, history.clock)) as made:
        desk = Desk(made, history.clock)
        events = [dated_back(each, rng) for each in events_of(history)]
        desk.take_in(*events)
        looking = Looking(made.log_of_events, FactLists(), history.clock)
        instants, stood = [at for at, _ in cuts(history)], 0
        for turn in range(ON_BOTH_CLOCKS):
            as_of, occurred_until = rng.choice(instants), rng.choice(instants)
            found = {each.number: each for each in standings(looking, as_of, occurred_until)}
            for number in rng.sample(sorted(history.ids.values()), 10):
                given = {"of": number, "as_of": as_of, "occurred_until": occurred_until}
                told = desk.replay(**given, by=asking(f"{turn} {number}"))["entries"]
                expected = standing_of([each for each in told if each.data["number"] == number])
                stands = found.get(number)
                assert (stands and (stands.state, stands.owner, stands.changed_at)) == (
                    expected and (expected.state, expected.owner, expected.changed_at)
                )
                stood += expected is not None
    assert stood > ON_BOTH_CLOCKS


def dated_back(event: CloudEvent, rng: Random) -> CloudEvent:
    """State an event for up to a day before it was recorded."""
    return structs.replace(event, time=event.recordedtime - timedelta(days=rng.random()))


def test_whoever_was_shown_a_petition_is_found_by_it(history: History, stores: Stores):
    """Replays as the history goes on, of then and of before; each is found by what it showed."""
    rng, clock = Random(SEED + 2), Clock()
    with stores.opened("audit", lambda environment: audit(environment, clock)) as made:
        desk = Desk(made, clock)
        events, shown = sorted(events_of(history), key=lambda each: each.recordedtime), {}
        for first in range(0, len(events), STRETCH):
            desk.take_in(*events[first : first + STRETCH])
            desk.clock.now = desk.log.events[-1].recordedtime + APART / 2
            for _ in range(REPLAYS):
                name = f"replay {len(shown)}"
                shown[name] = replayed(desk, rng, history, name)
        desk.follow_itself()
        matters = {row[1]: row[2] for row in rows(made, "matter")}
        by_matter = {name: {matters[each] for each in ids} for name, ids in shown.items()}
        on_record = {name: {matters[each] for each in ids} for name, ids in told(desk).items()}
        for petition, number in history.ids.items():
            found, matter = set(looks_at(desk, number)), matters[petition]
            assert found == {name for name, those in on_record.items() if matter in those}, number
            assert found >= {name for name, those in by_matter.items() if matter in those}, number
    assert any(len(those) > 1 for those in by_matter.values())


def told(desk: Desk) -> Mapping[str, set[str]]:
    """Return by the name of each replay what it is on record with."""
    ids = defaultdict[str, set[str]](set)
    for fact, recorded in zip(desk.facts(), desk.recorded(), strict=True):
        ids[recorded.correlation_id] |= {fact.petition_id, *getattr(fact, "petition_ids", [])}
    return ids


def test_what_came_and_left_between_two_cuts_makes_the_one_of_the_other(
    history: History, stores: Stores
):
    """On both clocks, for any petition; repeats came and left meanwhile with all they have."""
    rng, numbers = Random(SEED + 3), sorted(history.ids.values())
    came_by_joining, left_with_something = 0, 0
    with stores.opened("audit", lambda environment: audit(environment, history.clock)) as made:
        desk = Desk(made, history.clock)
        desk.take_in(*events_of(history))
        instants = sorted(at for at, _ in cuts(history))
        for turn in range(DIFFERENCES):
            since, as_of = sorted(rng.sample(instants, 2))
            occurred_until = rng.choice([None, rng.choice(instants)])
            given = {"of": rng.choice(numbers), "occurred_until": occurred_until}
            before, after = (
                desk.replay(**given, as_of=at, by=asking(f"{turn} {at}"))["entries"]
                for at in (since, as_of)
            )
            change = desk.replay(**given, since=since, as_of=as_of, by=asking(f"{turn}"))
            entries, left = change["entries"], change["left"]
            stayed = [each for each in before if each not in left]
            assert [each for each in after if each not in entries] == stayed
            assert [each for each in after if each in entries] == entries
            assert [each for each in before if each in left] == left
            came_by_joining += any(each.recorded_at <= since for each in entries)
            left_with_something += bool(left)
    assert min(came_by_joining, left_with_something) > 0


def asking(name: str) -> Actor:
    return actor(AUDITOR.subject, AUDITOR.office, name)


def replayed(desk: Desk, rng: Random, history: History, name: str) -> set[str]:
    """Replay one of the petitions; return those whose facts are in the answer."""
    known = {each.data["number"] for each in desk.log.events if each.type == REGISTERED}
    begin = history.moments[0].at
    as_of = rng.choice([None, begin + (desk.clock() - begin) * rng.random()])
    answer = desk.replay(of=rng.choice(sorted(known)), as_of=as_of, by=asking(name))
    return {each.data["petition_id"] for each in answer["entries"]}


def looks_at(desk: Desk, number: str) -> Iterator[str]:
    """Yield by what name each replay went that is found by a petition."""
    looking = Looking(desk.application.log_of_events, FactLists(), desk.clock)
    reader, cursor = Reader(AUDITOR, auditing=True), ""
    while True:
        found, cursor = looking.looks(reader, number, "", Period(), cursor, 100)
        yield from (each.fact.correlation_id for each in found)
        if not cursor:
            return


def stood(looking: Looking, at: datetime, known: Live) -> Live:
    """Return how the petitions stood that responsibility knew at an instant."""
    by_number = {each.number: each for each in standings(looking, at)}
    return {number: led_to(by_number, number) for number in by_number if number in known}


def standings(
    looking: Looking, at: datetime, occurred_until: datetime | None = None
) -> Iterator[Standing]:
    reader, cursor = Reader(AUDITOR, auditing=True), ""
    while True:
        given = (Place("3304"), at, cursor, 25, occurred_until)
        items, cursor = looking.standings(reader, *given)
        yield from items
        if not cursor:
            return


def led_to(standings: Mapping[str, Standing], number: str) -> tuple[str, str | None]:
    standing = standings[number]
    while standing.state in LEDS_ON:
        standing = standings[standing.into or ""]
    return standing.state, standing.owner
