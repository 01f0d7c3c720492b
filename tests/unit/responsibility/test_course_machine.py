"""Random steps, most of them not open, some dated back, with days between them.

What the course does is compared with the table, and what is left on record with what it adds up
to.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.responsibility.application import Responsibility
from services.responsibility.application.courses import course_answer
from services.responsibility.application.steps import OUTCOMES
from services.responsibility.application.supervising import Supervising
from services.responsibility.domain.conditions import HOLDS
from services.responsibility.domain.course import Course
from services.responsibility.domain.offered import offered
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import PASSING_ON, day_of
from services.responsibility.domain.taking import Taking
from services.responsibility.domain.under_way import CARRYING_OUT
from services.responsibility.readmodels.terms import OPEN_ENDED, Seen, TermTables
from statute.course import CHECKS, EVERY_CLASS, FINAL, STEPS, edges, steps_from
from statute.terms import TERMS
from tests.builders import (
    CLERK,
    DAY,
    HEAD,
    HUANG,
    Clock,
    number,
    petition_id,
    registration,
    statement,
)
from tests.unit.fuse import Died, Fuse
from tests.unit.responsibility.casebook import (
    ANYBODY,
    Asked,
    Casebook,
    FakeArrivals,
    close,
    reopen,
    reply,
    responsibility,
    take,
)
from tests.unit.responsibility.paths import PATHS, SECOND_CLERK, course_of, register, walk
from tests.unit.stores import Stores, rows

EDGES: Final = {(source, step.code, to) for source, step, to in edges()}
# Each choice of a run is made from a number, so that one example is not like the next.
seeds = st.integers(0, 2**32)
# Two act, and a third who is needed for what must not be the same person's.
CHECKED_BY: Final = {"verify": SECOND_CLERK}
BEGUN: Final = (Course.TermBegun, Course.TermExtended, Course.TermResumed, Course.TermRecounted)


class TheCourseOfOneMatter(RuleBasedStateMachine):
    stores: Stores

    @initialize(seed=seeds)
    def begin(self, seed: int) -> None:
        """An appeal begins anywhere, so that what comes late is met as often; others at first."""
        chance = Random(seed)
        petition_class = chance.choice(["appeal", "appeal", "appeal", *EVERY_CLASS])
        clock, arrivals = Clock(), FakeArrivals()
        self.environment = self.stores.fresh("responsibility")
        self.fuse = Fuse()
        self.case = Casebook(self._started(clock, arrivals), clock, arrivals)
        self.petition_class = petition_class
        self.repeats = 1
        self.repeat_classes: list[str] = []
        received = chance.choice([None, None, clock() - 3 * DAY, clock() - 20 * DAY])
        register(self.case, petition_class=petition_class, received_at=received)
        if petition_class == "appeal":
            walk(self.case, *PATHS[chance.choice(list(PATHS))])
        self.state = course_of(self.case)["state"]
        # Position in the log to the course as it was shown there, and when.
        self.seen: dict[int, tuple[dict[str, Any], datetime]] = {}
        self.tried = 0
        self.log: list[Any] = []
        self.shown: dict[int, tuple[dict[str, Any], datetime]] = {}

    def _started(self, clock: Clock, arrivals: FakeArrivals) -> Responsibility:
        return responsibility(self.environment, clock, arrivals, self.fuse)

    def teardown(self) -> None:
        if hasattr(self, "case"):
            self.case.application.close()

    # Steps

    @rule(seed=seeds)
    def go_on(self, seed: int) -> None:
        """Some steps, most of which lead on; days go by between them."""
        for _ in range(2):
            chance = Random(f"{seed} {self.tried}")
            days = chance.choice([0, 0, 0, 1, 5, 16, 31, 61])
            self.case.clock.advance(timedelta(days=days, minutes=1))
            code = chance.choice(self._choice() or list(STEPS))
            self._attempt(code, chance.choice([HEAD, CLERK]), chance)

    @rule(seed=seeds)
    def try_whatever_there_is(self, seed: int) -> None:
        """Most of it is not open here."""
        chance = Random(f"{seed} {self.tried}")
        for code in chance.sample(list(STEPS), 2):
            self._attempt(code, HEAD, chance, dated_back_days=chance.choice([0, 0, 1, 4]))

    def _choice(self) -> list[str]:
        """The steps that are open, those that end the matter less often than the others."""
        open_steps = steps_from(self.state, self.petition_class)
        onward = [step for step in open_steps if step.to and step.to not in FINAL]
        return [step.code for step in (*open_steps, *onward, *onward, *onward)]

    @precondition(lambda self: self.repeats < 4)
    @rule(on_its_way_for=st.sampled_from([timedelta(0), timedelta(days=2)]))
    def let_a_repeat_join(self, on_its_way_for: timedelta) -> None:
        """The course follows when it is next looked at; one that has ended is not opened."""
        self.repeats += 1
        at = self.case.clock() - on_its_way_for
        self.repeat_classes.append(self.petition_class)
        repeat = registration(
            self.repeats,
            repeats=petition_id(1),
            registered_at=at,
            petition_class=self.petition_class,
        )
        self.case.when_registered(repeat)
        if self.state == "closed" and self._closed_from() != "ended":
            self.state = "handling"
        assert self._shown()["state"] == self.state

    def _closed_from(self) -> str:
        return self._facts(Course.StepTaken)[-1].previous_state

    def _attempt(self, code: str, by: str, chance: Random, *, dated_back_days: int = 0) -> None:
        at = self.case.clock() - timedelta(days=dated_back_days) if dated_back_days else None
        self.tried += 1
        asked = self._command(code, CHECKED_BY.get(code, by), at, chance)
        dies = chance.choice(["not", "not", "before", "after"])
        if not (dies == "before" and self._came_through(asked, chance.randrange(4))):
            self.case.when(asked)
        facts = self.case.new_facts()
        if dies == "after":
            self._die_after_the_commit(asked)
        if self.case.refusal is not None:
            assert facts == []
            return
        taken = [fact for fact in facts if isinstance(fact, Course.StepTaken)]
        assert [fact.step for fact in taken[-1:]] == [code]
        self.state = taken[-1].state

    def _came_through(self, asked: Asked, events_passed: int) -> bool:
        """Die before the commit, if there are as many events: nothing is on record then."""
        before = self._everything()
        self.fuse.events_left = events_passed
        try:
            self.case.when(asked)
        except Died:
            self._start_again()
            assert self._everything() == before
            return False
        finally:
            self.fuse.events_left = None
        return True

    def _die_after_the_commit(self, asked: Asked) -> None:
        """Whoever had no answer sends it again, has the same answer, and nothing happens twice."""
        before, answer = self._everything(), self.case.answer
        self._start_again()
        refused = self.case.refusal
        self.case.when(asked)
        assert self._everything() == before
        assert self.case.answer == answer
        assert type(self.case.refusal) is type(refused)

    def _start_again(self) -> None:
        self.case.application.close()
        self.case.application = self._started(self.case.clock, self.case.arrivals)

    def _everything(self) -> list[Any]:
        tables = ("term", "course", "supervision_reason", "caseload", "matter")
        return [self._log().copy(), *(rows(self.case.application, table) for table in tables)]

    def _command(self, code: str, by: str, at: datetime | None, chance: Random) -> Asked:
        begun = self._shown()["version"] > 0
        # A matter without a course is replied to and closed without one; here each gets one.
        if begun and code == "reply":
            ahead = chance.choice([None, 0, 20, 40])
            day = day_of(self.case.clock()) + timedelta(days=ahead or 0)
            return reply(at=at, carry_out_by=None if ahead is None else day.isoformat())
        if begun and code == "close":
            outcome = chance.choice(OUTCOMES.get(self.state, ("settled",)))
            return close(statement(outcome=outcome), by=HUANG if by == HEAD else by)
        if begun and code == "reopen":
            return reopen()
        given = {
            "evaluate": {"satisfied": chance.random() < 0.5},
            "order_supervision": {"trigger": chance.choice(["perfunctory", "delay", "delay"])},
        }.get(code, {})
        return take(code, by=by, at=at, **given, **self._found(code, chance))

    @staticmethod
    def _found(code: str, chance: Random) -> dict[str, Any]:
        """Some of what a step may find of those before it; seldom of one that there is not."""
        found = {
            "carried_out": chance.random() < 0.5,
            "reply_received": chance.random() < 0.5,
            "untrue_steps": [chance.randint(1, 12)],
            "aspect": chance.choice(list(CHECKS)),
        }
        return {name: found[name] for name in STEPS[code].may_take
                if name in found and chance.random() < 0.4}  # fmt: skip

    # What holds after every step

    @invariant()
    def only_edges_of_the_table_happen(self) -> None:
        before, petition_class = "registered", ""
        for fact in self._facts(Course.Begun, Course.Reclassified, Course.StepTaken):
            if not isinstance(fact, Course.StepTaken):
                petition_class = fact.petition_class
                continue
            assert fact.previous_state == before
            assert (before, fact.step, fact.state) in EDGES
            assert petition_class in STEPS[fact.step].classes
            before = fact.state

    @invariant()
    def versions_have_no_gap(self) -> None:
        for kind in (Ownership, Course):
            facts = self._facts(kind.Event, kind.Created)
            assert [fact.originator_version for fact in facts] == list(range(1, len(facts) + 1))

    @invariant()
    def there_is_one_owner_and_no_step_changes_him(self) -> None:
        ownership = self.case.ownership()
        assert [link["owner"] for link in ownership["chain"]] == [HUANG]
        closed = ownership["state"] == "closed"
        assert closed == (self._shown()["state"] == "closed")

    @invariant()
    def no_term_is_lost(self) -> None:
        """Each that began runs or was ended, one of a kind at a time, none where all is over."""
        going_on: Counter[str] = Counter()
        for fact in self._facts(Course.TermBegun, Course.TermEnded):
            going_on[fact.term] += 1 if isinstance(fact, Course.TermBegun) else -1
            assert going_on[fact.term] in {0, 1}, fact
        shown = self._shown()
        if shown["version"] == self._version() > 0:
            runs = {term["term"] for term in shown["terms"] if term["ended_on"] is None}
            assert runs == set(+going_on)
            owed = {term for term in runs if not TERMS[term].outlasts}
            assert not (owed and shown["state"] in FINAL)
            assert self._ended(shown["terms"]) == Counter(
                (fact.term, fact.ended_on, fact.late_days) for fact in self._facts(Course.TermEnded)
            )

    @staticmethod
    def _ended(terms: list[dict[str, Any]]) -> Counter[tuple[str, str, int]]:
        return Counter(
            (term["term"], term["ended_on"], term["late_days"])
            for term in terms
            if term["ended_on"] is not None
        )

    @invariant()
    def what_is_shown_is_kept_for_later(self) -> None:
        shown = self._shown()
        if shown["version"] == self._version() > 0:
            self.seen[len(self._log())] = self.shown[len(self._log())]

    @rule(data=st.data())
    def replay_to_a_cut(self, data: st.DataObject) -> None:
        """What is on record up to any position adds up to the course as it was then."""
        if self.seen:
            position = data.draw(st.sampled_from(sorted(self.seen)))
            shown, at = self.seen[position]
            course, matter = self._replayed(position), self._replayed(position, Ownership)
            open_steps = offered(course, matter, at, self.case.application.calendar())
            assert course_answer(course, number(), open_steps) == shown

    @invariant()
    def the_table_of_terms_is_what_the_log_adds_up_to(self) -> None:
        found = {row["id"]: row for row in self._rows("term")}
        assert found == self._recounted()
        shown = [row["state"] for row in self._rows("course")]
        steps = self._facts(Course.StepTaken)
        assert shown == [fact.state for fact in steps[-1:]]
        passed_on = sum(fact.step in PASSING_ON for fact in steps)
        assert [row["passed_on"] for row in self._rows("course")] == [passed_on][: len(shown)]

    @invariant()
    def what_was_found_is_listed_until_it_is_answered(self) -> None:
        """By the table as by the steps; each reason rests on steps that are on record."""
        listed: set[str] = set()
        steps = 0
        for fact in self._facts(Course.StepTaken, Course.SupervisionFound):
            if isinstance(fact, Course.SupervisionFound):
                listed.add(fact.trigger)
                assert fact.steps[-1] == steps
                assert fact.steps == sorted(set(fact.steps))
                continue
            steps += 1
            listed -= {fact.given.get("trigger")}
            if fact.given.get("carried_out"):
                listed.discard("opinion_not_carried_out")
        found = rows(self.case.application, "supervision_reason")
        assert {shows for _, _, shows, _, settled in found if not settled} == listed

    @invariant()
    def what_can_found_an_order_for_delay_is_listed_until_it_was_made(self) -> None:
        """Nothing that is listed is refused, and each line has its late terms behind it."""
        if self._shown()["version"] == 0 or self._shown()["version"] != self._version():
            return
        application, today = self.case.application, day_of(self.case.clock())
        log, seen = application.log_of_events, Seen("", None)
        items, _ = TermTables.to_supervise(log, ANYBODY, seen, today, 50, "")
        delays = [item for item in items if item["trigger"] == "delay"]
        for item in Supervising(application).with_events(delays, today):
            late = item["late_terms"]
            assert min(term["due_on"] for term in late) == item["since"]
            assert all(term["late_days"] > 0 for term in late)
            course = self._replayed(len(self._log()))
            assert HOLDS["trigger_on_record"](course, self._order_for("delay", course))
        self._compare_with_the_terms(delays, today)

    def _compare_with_the_terms(self, delays: list[dict[str, Any]], today: date) -> None:
        """By the rows of the table, which are compared with the log themselves."""
        is_open = self.case.ownership()["state"] != "closed"
        reasons = [
            row
            for row in self._rows("term")
            if not TERMS[row["term"]].lapses and row["term"] != CARRYING_OUT
            and ((not row["ended_on"] and row["due_day"] < today.toordinal())
                 or (row["late_days"] > 0 and not row["answered"] and is_open))
        ]  # fmt: skip
        assert [item["number"] for item in delays] == [number()][: len(reasons)]

    def _order_for(self, trigger: str, course: Any) -> Taking:
        at = max(self.case.clock(), course.since)
        calendar = self.case.application.calendar()
        step = STEPS["order_supervision"]
        return Taking(step, HEAD, "330424-01", {"trigger": trigger}, at, calendar)

    # Counted here, from the log

    def _facts(self, *kinds: type) -> list[Any]:
        return [fact for fact in self._log() if isinstance(fact, kinds)]

    def _log(self) -> list[Any]:
        application = self.case.application
        more = application.log_of_events.select_recorded(len(self.log), 1_000)
        self.log.extend(map(application.mapper.to_domain_event, more))
        return self.log

    def _shown(self) -> dict[str, Any]:
        """The course as whoever asks is shown it, asked for once as long as nothing happens."""
        head = len(self._log())
        if head not in self.shown:
            self.shown = {head: (course_of(self.case), self.case.clock())}
        shown, _ = self.shown[head]
        return shown

    def _version(self) -> int:
        return len(self._facts(Course.Event, Course.Created))

    def _replayed(self, position: int, kind: Any = Course) -> Any:
        found = None
        for fact in self._log()[:position]:
            if isinstance(fact, kind.Event | kind.Created):
                found = fact.mutate(found)
        return found

    def _rows(self, table: str) -> list[dict[str, Any]]:
        names = {
            "term": "id number term office due_day ended_on provisional late_days calendar"
            " over_day answered",
            "course": "number state unit passed_on passed_on_day",
        }[table].split()
        return [dict(zip(names, row, strict=True)) for row in rows(self.case.application, table)]

    def _recounted(self) -> dict[str, dict[str, Any]]:
        """All terms: of each kind the latest, and those in whose place it began."""
        awaited = self._facts(Ownership.Awaited)[0]
        received = day_of(awaited.received_at or awaited.timestamp)
        terms = {"first_step": _row("first_step", received + timedelta(days=15))}
        past = []
        for fact in self._log():
            if isinstance(fact, Course.TermBegun):
                former = terms.get(fact.term)
                if former is not None and former["ended_on"]:
                    past.append(former | {"id": f"{former['id']}/{fact.originator_version}"})
                terms[fact.term] = _row(fact.term, OPEN_ENDED)
            if isinstance(fact, Course.TermResumed):
                terms[fact.term] |= {"over_day": 0, "answered": 0}
            if isinstance(fact, BEGUN):
                terms[fact.term]["due_day"] = date.fromisoformat(fact.due["on"]).toordinal()
                terms[fact.term]["provisional"] = int(fact.due["provisional"])
                terms[fact.term]["calendar"] = fact.due["calendar"]
                terms[fact.term]["late_days"] = 0
            elif isinstance(fact, Course.TermPaused):
                late = date.fromisoformat(fact.first_day).toordinal() - terms[fact.term]["due_day"]
                terms[fact.term]["over_day"] = terms[fact.term]["due_day"]
                terms[fact.term] |= {"due_day": OPEN_ENDED.toordinal(), "provisional": 0}
                terms[fact.term]["late_days"] = max(0, late)
            elif isinstance(fact, Course.TermEnded):
                late, due = terms[fact.term]["late_days"], terms[fact.term]["due_day"]
                if due != OPEN_ENDED.toordinal():
                    late = max(0, date.fromisoformat(fact.ended_on).toordinal() - due)
                assert fact.late_days == (0 if TERMS[fact.term].lapses else late)
                terms[fact.term] |= {"ended_on": fact.ended_on, "late_days": fact.late_days}
            elif isinstance(fact, Course.StepTaken):
                _answer([*past, *terms.values()], fact)
        return {row["id"]: row for row in [*past, *terms.values()]}


def _answer(terms: list[dict[str, Any]], step: Course.StepTaken) -> None:
    """An order for delay answers all that is late by then."""
    if step.given.get("trigger") != "delay":
        return
    today = day_of(step.timestamp).toordinal()
    for row in terms:
        late = row["late_days"] > 0 or (not row["ended_on"] and row["due_day"] < today)
        row["answered"] |= int(late)


def _row(term: str, due_on: date) -> dict[str, Any]:
    return {
        "id": f"{number()}/{term}",
        "number": number(),
        "term": term,
        "office": "330424-01",
        "due_day": due_on.toordinal(),
        "ended_on": "",
        "provisional": 0,
        "late_days": 0,
        "calendar": "",
        "over_day": 0,
        "answered": 0,
    }


def test_the_course_holds_whatever_is_tried(stores: Stores):
    """Only what the table has, no gap, one owner, no term lost, the same at any cut."""
    machine = type("Machine", (TheCourseOfOneMatter,), {"stores": stores})
    # A smaller number makes no shorter run: there is nothing to be gained by shrinking.
    chosen = settings(max_examples=30, stateful_step_count=25, phases=[Phase.generate])
    run_state_machine_as_test(machine, settings=chosen)
