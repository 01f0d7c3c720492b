"""What the record itself shows to be a reason for supervision, found without asking anybody."""

from typing import Any

from services.responsibility.application.supervising import Supervising
from services.responsibility.domain.policy import day_of
from services.responsibility.readmodels.terms import Seen, TermTables
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
    assert shown(case) == []


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
