"""The course of a petition over real servers: steps by RPC, in the log, on the timeline."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contracts.failures import Failure
from tests.system.petitions import OFFICE, owner_of, receive, registered, request_id
from tests.system.running_platform import Platform, wait_until

UNIT = "330424-07"
DOCUMENT = "海信函〔2026〕12号"


def step(platform: Platform, who: str, role: str, number: str, code: str, **given: Any) -> Any:
    office = UNIT if role == "handler" else OFFICE
    given = {"request_id": request_id(), "number": number, **given}
    return platform.call(who, role, office, f"responsibility.{code}", **given)


@pytest.fixture(scope="module")
def closed(platform: Platform) -> str:
    """A petition that has gone through its course."""
    (number,) = registered(platform)
    receive(platform, "L1", number)
    step(platform, "K1", "clerk", number, "transfer", unit=UNIT, document=DOCUMENT)
    step(platform, "U1", "handler", number, "accept", document=DOCUMENT)
    step(platform, "U1", "handler", number, "handle", handler="U1")
    step(platform, "U1", "handler", number, "ask_extension", days=30, reason="鉴定未出")
    step(platform, "D1", "office_head", number, "approve_extension", document=DOCUMENT)
    step(platform, "L1", "leader", number, "reply", document=DOCUMENT)
    scores = {"office_score": 5, "unit_score": 4, "satisfied": True}
    step(platform, "K1", "clerk", number, "evaluate", **scores)
    step(platform, "L1", "leader", number, "visit", document=DOCUMENT)
    for who, code in (("K1", "check"), ("K2", "verify"), ("K3", "countersign")):
        step(platform, who, "clerk", number, code, document=DOCUMENT)
    step(platform, "L1", "leader", number, "close", outcome="settled")
    return number


def course_of(platform: Platform, number: str, **given: Any) -> Any:
    return platform.call("A1", "auditor", "", "responsibility.course_of", number=number, **given)


class TestWholeCourse:
    def test_ends_closed_with_the_owner_of_the_first_contact(
        self, platform: Platform, closed: str
    ) -> None:
        owned = owner_of(platform, closed)
        assert (owned["state"], owned["owner"], len(owned["chain"])) == ("closed", "L1", 1)
        course = course_of(platform, closed)
        assert (course["state"], course["unit"], course["handler"]) == ("closed", UNIT, "U1")
        assert [term["term"] for term in course["terms"] if term["ended_on"] is None] == []

    def test_is_on_the_timeline_whole(self, platform: Platform, closed: str) -> None:
        wait_until(platform.caught_up)
        history = platform.call("A1", "auditor", "", "audit.replay", number=closed)
        steps = [entry["data"]["step"] for entry in history["entries"]
                 if entry["type"] == "course.step_taken.v1"]  # fmt: skip
        assert steps == [taken["step"] for taken in course_of(platform, closed)["steps"]]

    def test_stood_elsewhere_before(self, platform: Platform, closed: str) -> None:
        """As of the instant of any of its records."""
        wait_until(platform.caught_up)
        history = platform.call("A1", "auditor", "", "audit.replay", number=closed)
        recorded = [entry["recorded_at"] for entry in history["entries"]
                    if entry["type"] == "course.step_taken.v1"]  # fmt: skip
        states = [course_of(platform, closed, as_of=at)["state"] for at in recorded[:3]]
        assert states == ["transferred", "accepted", "handling"]

    def test_is_not_open_to_a_unit_of_another_county(self, platform: Platform) -> None:
        (number,) = registered(platform)
        given = {"request_id": request_id(), "number": number, "document": DOCUMENT}
        with pytest.raises(Failure, match="office_not_allowed"):
            platform.call("U9", "handler", "330726-07", "responsibility.accept", **given)


class TestTwoAtOnce:
    def test_one_takes_the_step_and_the_other_is_told(self, platform: Platform) -> None:
        """Two clerks with the same petition before them; nothing is lost or done twice."""
        (number,) = registered(platform)

        def accept(who: str) -> str:
            try:
                step(platform, who, "clerk", number, "accept", document=DOCUMENT)
            except Failure as failure:
                return failure.code
            return "ok"

        with ThreadPoolExecutor(8) as clerks:
            outcomes = list(clerks.map(accept, [f"K{serial}" for serial in range(8)]))
        assert sorted(set(outcomes)) == ["ok", "step_not_open"]
        assert outcomes.count("ok") == 1
        assert len(course_of(platform, number)["steps"]) == 1

    def test_who_saw_an_older_state_decides_nothing(self, platform: Platform) -> None:
        (number,) = registered(platform)
        seen = step(platform, "K1", "clerk", number, "accept", document=DOCUMENT)["version"]
        step(platform, "K1", "clerk", number, "handle", handler="U1")
        given = {"handler": "U2", "expected_version": seen}
        with pytest.raises(Failure, match="version_changed"):
            step(platform, "K2", "clerk", number, "name_handler", **given)

    def test_a_step_sent_again_is_answered_as_before(self, platform: Platform) -> None:
        (number,) = registered(platform)
        given = {"request_id": request_id(), "document": DOCUMENT}
        first = step(platform, "K1", "clerk", number, "accept", **given)
        assert step(platform, "K1", "clerk", number, "accept", **given) == first


class TestTerms:
    def test_are_found_by_owner_unit_and_petition(self, platform: Platform, closed: str) -> None:
        for caller, asked in (
            (("L1", "leader", OFFICE), {"owner": "L1"}),
            (("U1", "handler", UNIT), {"unit": UNIT}),
            (("K1", "clerk", OFFICE), {"number": closed}),
        ):
            page = platform.call(*caller, "responsibility.terms", **asked)
            assert closed in {item["number"] for item in page["items"]}, asked

    def test_come_in_pages_without_gaps(self, platform: Platform) -> None:
        registered(platform, 5)
        wait_until(platform.caught_up)
        whole = platform.call("A1", "auditor", "", "responsibility.terms", limit=200)["items"]
        paged: list[Any] = []
        cursor = ""
        while True:
            page = platform.call(
                "A1", "auditor", "", "responsibility.terms", limit=2, cursor=cursor
            )
            paged += page["items"]
            cursor = page["next_cursor"]
            if not cursor or len(paged) >= 200:
                break
        assert paged[: len(whole)] == whole[: len(paged)]

    def test_say_why_day_by_day(self, platform: Platform, closed: str) -> None:
        given = {"number": closed, "term": "handling"}
        explained = platform.call("A1", "auditor", "", "responsibility.explain", **given)
        assert sum(day["why"] == "counted" for day in explained["days"]) == 90
