"""What the record itself shows to be a reason for supervision, found without asking anybody."""

from typing import Any

from services.responsibility.application.supervising import Supervising
from services.responsibility.domain.policy import day_of
from services.responsibility.readmodels.terms import Seen, TermsAsked, TermTables
from tests.builders import COUNTY, DAY, OTHER_COUNTY, number
from tests.unit.responsibility.casebook import ANYBODY, Casebook, close, reply
from tests.unit.responsibility.paths import PATHS, TO_CLEARANCE, TO_THE_REPLY, register, walk
from tests.unit.stores import rows

PASSED_ON = ("transfer", "object", "take_back", "transfer", "object", "take_back", "transfer")


PROMISED = {"reply": {"carry_out_by": "2026-12-24"}}
UNTRUE = {"check": {"untrue_steps": [4]}}
NOT_CARRIED_OUT = {"inspect": {"carried_out": False}}


def listed(case: Casebook, *, reach: str = "330424", sealed_of: str | None = None) -> Any:
    log, today = case.application.log_of_events, day_of(case.clock())
    items, _ = TermTables.to_supervise(log, ANYBODY, Seen(reach, sealed_of), today, 50, "")
    return items


def shown(case: Casebook, **seen: Any) -> Any:
    return [(item["number"], item["trigger"]) for item in listed(case, **seen)]


def late_terms(case: Casebook) -> list[tuple[Any, ...]]:
    """Of the one matter that is listed for delay, what stands behind it."""
    items = Supervising(case.application).with_events(listed(case), day_of(case.clock()))
    (delay,) = [item for item in items if item["trigger"] == "delay"]
    return [
        (each["term"], each["due_on"], each["ended_on"], each["late_days"])
        for each in delay["late_terms"]
    ]


def found_from(case: Casebook) -> list[list[str]]:
    """Of each item the events that it was found from, in words; all of them are in the log."""
    items = Supervising(case.application).with_events(listed(case), day_of(case.clock()))
    log = case.application.log_of_events.select_recorded(0, 1_000)
    by_position = {recorded.id: recorded for recorded in log}
    for item in items:
        for event in item["found_from"]:
            recorded = by_position[event["position"]]
            assert (str(recorded.event_id), recorded.topic) == (event["event_id"], event["type"])
    return [
        [_in_words(case, by_position[event["position"]]) for event in item["found_from"]]
        for item in items
    ]


def _in_words(case: Casebook, recorded: Any) -> str:
    event = case.application.mapper.to_domain_event(recorded)
    about = next((getattr(event, name) for name in ("step", "term", "trigger")
                  if hasattr(event, name)), "")  # fmt: skip
    return f"{recorded.topic.split('.')[1]} {about}".strip()


def test_a_term_that_is_over_and_owed_is_delay(case: Casebook):
    register(case)
    walk(case, 15 * DAY)
    assert shown(case) == []
    walk(case, DAY)
    assert shown(case) == [(number(), "delay")]
    walk(case, "transfer")
    assert shown(case) == [(number(), "delay")]


class TestADelayThatIsOver:
    """A term that ended late, or is held up late, is a reason as one that runs."""

    def test_is_listed_with_its_last_day_and_when_it_ended_and_how_late(self, case: Casebook):
        """The events say so: what its last day stands in, and that it ended."""
        register(case)
        walk(case, 16 * DAY, "transfer")
        assert late_terms(case) == [("first_step", "2026-12-09", "2026-12-10", 1)]
        assert listed(case)[0]["since"] == "2026-12-09"
        assert found_from(case) == [["begun first_step", "ended first_step"]]

    def test_stands_beside_what_runs_late(self, case: Casebook):
        """One line a matter, since the first of them."""
        register(case)
        walk(case, 16 * DAY, "transfer", 20 * DAY)
        assert [item["since"] for item in listed(case)] == ["2026-12-09"]
        assert late_terms(case) == [
            ("first_step", "2026-12-09", "2026-12-10", 1),
            ("acceptance", "2026-12-25", None, 5),
        ]

    def test_leaves_the_list_when_a_supervision_is_ordered_for_it(self, case: Casebook):
        """One that is ordered for something else does not answer it."""
        register(case)
        walk(case, 16 * DAY, "transfer", "order_supervision")
        assert shown(case) == [(number(), "delay")]
        walk(case, "order_supervision", order_supervision={"trigger": "delay"})
        assert shown(case) == []

    def test_that_an_order_was_made_for_while_it_ran_is_none_when_it_ends(self, case: Casebook):
        """While it runs it is listed, ordered or not: the delay goes on."""
        register(case)
        walk(case, 16 * DAY, "order_supervision", order_supervision={"trigger": "delay"})
        assert shown(case) == [(number(), "delay")]
        walk(case, "transfer")
        assert shown(case) == []

    def test_of_another_term_after_the_order_is_listed_again(self, case: Casebook):
        """Each delay is a reason of its own."""
        register(case)
        walk(case, 16 * DAY, "transfer", "order_supervision", 16 * DAY, "accept",
             order_supervision={"trigger": "delay", "report_by": "2027-06-30"})  # fmt: skip
        assert late_terms(case) == [("acceptance", "2026-12-25", "2026-12-26", 1)]

    def test_of_the_same_kind_of_term_after_the_order_is_listed_again(self, case: Casebook):
        """Taken back and sent late a second time."""
        register(case)
        ordered = {"order_supervision": {"trigger": "delay", "report_by": "2027-06-30"}}
        walk(case, 16 * DAY, "transfer", "order_supervision", **ordered)
        walk(case, "object", "take_back", 16 * DAY, "transfer")
        assert late_terms(case) == [("first_step", "2026-12-25", "2026-12-26", 1)]

    def test_of_the_same_kind_after_one_that_was_ordered_while_it_ran_too(self, case: Casebook):
        """The order answered the term that ran then, none that begins after it."""
        register(case)
        ordered = {"order_supervision": {"trigger": "delay", "report_by": "2027-06-30"}}
        walk(case, 16 * DAY, "order_supervision", "transfer", **ordered)
        walk(case, "object", "take_back", 16 * DAY, "transfer")
        assert late_terms(case) == [("first_step", "2026-12-25", "2026-12-26", 1)]

    def test_is_listed_while_a_hearing_holds_it_up(self, case: Casebook):
        """Late before the hearing; with the hearing's end it has its days again."""
        register(case)
        walk(case, *PATHS["re_review_asked"], 31 * DAY, "begin_hearing", 40 * DAY)
        assert late_terms(case) == [("re_review", "2026-12-24", None, 1)]
        assert listed(case)[0]["since"] == "2026-12-24"
        assert found_from(case) == [["begun re_review", "paused re_review"]]

    def test_held_up_leaves_the_list_by_an_order_too(self, case: Casebook):
        register(case)
        walk(case, *PATHS["re_review_asked"], 31 * DAY, "begin_hearing", "order_supervision",
             order_supervision={"trigger": "delay"})  # fmt: skip
        assert shown(case) == []

    def test_leaves_the_list_with_the_closure(self, case: Casebook):
        """As buck-passing does; an order for it may still be made by its number."""
        register(case)
        walk(case, 16 * DAY, *PATHS["closed"])
        assert shown(case) == []
        walk(case, "order_supervision", order_supervision={"trigger": "delay"})

    def test_of_what_is_closed_is_no_reason_beside_one_that_runs_on(self, case: Casebook):
        """The answer to a proposal outlasts the closure; what ended late before it is over."""
        register(case)
        perfunctory = {"order_supervision": {"trigger": "perfunctory"}}
        steps = (16 * DAY, *PATHS["closed"][:-1], "order_supervision", "propose", "close")
        walk(case, *steps, "answer_supervision", 60 * DAY, **perfunctory)
        assert [each[0] for each in late_terms(case)] == ["proposal"]
        walk(case, "reopen")
        assert [each[0] for each in late_terms(case)] == ["first_step", "proposal"]

    def test_of_what_is_opened_again_is_listed_again(self, case: Casebook):
        """Nobody has answered it."""
        register(case)
        walk(case, 16 * DAY, *PATHS["closed"], "reopen")
        assert shown(case) == [(number(), "delay")]

    def test_of_a_right_that_lapsed_is_none(self, case: Casebook):
        """Nobody owed a step."""
        register(case)
        walk(case, *TO_THE_REPLY, "ask_evaluation", 40 * DAY, "evaluate")
        assert shown(case) == []

    def test_is_found_page_by_page(self, case: Casebook):
        """Each once, those that run late and those that ended late together."""
        for serial in range(1, 6):
            register(case, serial)
        walk(case, 16 * DAY)
        for serial in (1, 3, 4):
            walk(case, "transfer", serial=serial)
        found, cursor = [], ""
        for _ in range(5):
            log, today = case.application.log_of_events, day_of(case.clock())
            items, cursor = TermTables.to_supervise(log, ANYBODY, Seen("", None), today, 1, cursor)
            found += [item["number"] for item in items]
        assert found == [number(serial) for serial in range(1, 6)]
        assert not cursor

    def test_is_in_the_list_of_terms_as_before(self, case: Casebook):
        """An order answers the reason, not the lateness."""
        register(case)
        walk(case, 16 * DAY, "transfer", "order_supervision",
             order_supervision={"trigger": "delay"})  # fmt: skip
        log, today = case.application.log_of_events, day_of(case.clock())
        late, _ = TermTables.listed(log, ANYBODY, TermsAsked(late=True), today, 100, "")
        assert [(term["term"], term["late_days"]) for term in late] == [("first_step", 1)]


def test_passed_on_more_than_twice_is_buck_passing(case: Casebook):
    register(case)
    walk(case, *PASSED_ON[:4])
    assert shown(case) == []
    walk(case, *PASSED_ON[4:])
    assert shown(case) == [(number(), "buck_passing")]


def test_what_is_closed_is_not_listed_any_more(case: Casebook):
    register(case)
    walk(case, *PASSED_ON, "refuse", "close")
    assert shown(case) == []


def test_other_regions_and_their_accusations_are_not_shown(case: Casebook):
    register(case, petition_class="accusation")
    walk(case, 16 * DAY)
    assert shown(case, reach=OTHER_COUNTY[:6]) == []
    assert shown(case, sealed_of="330424-02") == []
    assert shown(case, sealed_of=COUNTY) == [(number(), "delay")]


class TestAFalseReport:
    def test_is_listed_with_the_report_and_what_it_was_found_untrue_by(self, case: Casebook):
        register(case)
        walk(case, *TO_CLEARANCE[:7], **UNTRUE)
        assert shown(case) == [(number(), "false_report")]
        assert found_from(case) == [
            ["step_taken reply", "step_taken check", "reason_found false_report"]
        ]

    def test_leaves_the_list_when_a_supervision_is_ordered_for_it(self, case: Casebook):
        """One that is ordered for something else does not answer it."""
        register(case)
        walk(case, *TO_CLEARANCE[:7], "order_supervision", **UNTRUE)
        assert shown(case) == [(number(), "false_report")]
        walk(case, "order_supervision", order_supervision={"trigger": "false_report"})
        assert shown(case) == []

    def test_stays_there_after_closure(self, case: Casebook):
        """That the matter is over is no answer to it."""
        register(case)
        walk(case, *PATHS["closed"], **UNTRUE)
        assert shown(case) == [(number(), "false_report")]

    def test_of_an_accusation_is_shown_to_its_office_only(self, case: Casebook):
        register(case, petition_class="accusation")
        walk(case, *TO_CLEARANCE[:7], **UNTRUE)
        assert shown(case, sealed_of="330424-02") == []
        assert shown(case, sealed_of=COUNTY) == [(number(), "false_report")]


class TestAnOpinionThatIsNotCarriedOut:
    def test_is_listed_with_its_term_when_nobody_reported_in_time(self, case: Casebook):
        """Once, and not as delay beside it; after closure too."""
        register(case)
        walk(case, *PATHS["closed"], 30 * DAY, **PROMISED)
        assert shown(case) == []
        walk(case, DAY)
        assert shown(case) == [(number(), "opinion_not_carried_out")]
        assert found_from(case) == [["begun carrying_out"]]
        walk(case, "report_carrying_out")
        assert shown(case) == []

    def test_is_listed_with_promise_and_finding_when_somebody_looked(self, case: Casebook):
        """Both at once where the report is also due: one line."""
        register(case)
        walk(case, *TO_THE_REPLY, 31 * DAY, "inspect", **PROMISED, **NOT_CARRIED_OUT)
        assert shown(case) == [(number(), "opinion_not_carried_out")]
        assert found_from(case) == [
            [
                "step_taken reply",
                "begun carrying_out",
                "step_taken inspect",
                "reason_found opinion_not_carried_out",
            ]
        ]

    def test_leaves_the_list_when_somebody_looked_again(self, case: Casebook):
        register(case)
        walk(case, *TO_THE_REPLY, "report_carrying_out", "inspect", **PROMISED, **NOT_CARRIED_OUT)
        assert (number(), "opinion_not_carried_out") in shown(case)
        walk(case, "inspect", inspect={"carried_out": True})
        assert shown(case) == [(number(), "false_report")]


class TestTheEventsBehindWhatIsListed:
    def test_of_delay_without_a_course_is_the_registration(self, case: Casebook):
        register(case)
        walk(case, 16 * DAY)
        assert found_from(case) == [["awaited"]]

    def test_of_delay_after_reopening_without_a_course_is_that(self, case: Casebook):
        register(case)
        for asked in (reply(), close()):
            case.when(asked)
        walk(case, "reopen", 16 * DAY)
        assert found_from(case) == [["reopened"]]

    def test_of_delay_is_what_the_last_day_stands_in(self, case: Casebook):
        """Extended: the extension. The right to ask for a review is nobody's delay."""
        register(case)
        walk(case, *PATHS["handling"], "ask_extension", "approve_extension", 91 * DAY)
        assert found_from(case) == [["extended handling"]]

    def test_of_buck_passing_is_each_passing_on(self, case: Casebook):
        register(case)
        walk(case, *PASSED_ON)
        assert found_from(case) == [["step_taken transfer"] * 3]

    def test_is_nothing_that_another_matter_did(self, case: Casebook):
        register(case)
        register(case, 2)
        walk(case, *PASSED_ON)
        walk(case, "transfer", serial=2)
        assert found_from(case) == [["step_taken transfer"] * 3]


def test_what_was_found_is_in_the_table_once(case: Casebook):
    """Found again, it is the same reason."""
    register(case)
    walk(case, *TO_CLEARANCE[:7], "inspect", **UNTRUE, inspect={"untrue_steps": [4]})
    assert len(rows(case.application, "supervision_reason")) == 1


def test_what_was_answered_before_a_hearing_is_late_anew_after_it(case: Casebook):
    """The order was for the days before; the re-review went on and was decided later still."""
    register(case, on="2026-03-02")
    walk(case, *PATHS["re_review_asked"], 100 * DAY, "begin_hearing")
    walk(case, "order_supervision", order_supervision={"trigger": "delay"})
    walk(case, DAY, "end_hearing", 9 * DAY, "decide_re_review")
    assert "re_review" in {term for term, *_ in late_terms(case)}
