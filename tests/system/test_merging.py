"""Linking over real servers: clerks and leaders at once, a service killed in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from contracts.failures import Failure
from tests.system.petitions import OFFICE, owner_of, receive, registered, request_id
from tests.system.running_platform import Platform, wait_until

REFUSED = {"already_linked", "not_linked", "original_is_later"}


def decide(platform: Platform, who: str, path: str, number: str, **given: Any) -> str:
    given = {"request_id": request_id(), "number": number, "reason": "同一事项", **given}
    try:
        platform.call(who, "clerk", OFFICE, f"intake.{path}", **given)
    except Failure as failure:
        return failure.code
    return "ok"


def link(platform: Platform, who: str, number: str, of: str) -> str:
    return decide(platform, who, "link_repeat", number, repeat_of=of)


def unlink(platform: Platform, who: str, number: str) -> str:
    return decide(platform, who, "unlink_repeat", number, document="海信分〔2026〕1号")


def led_to(platform: Platform, number: str) -> str:
    query = "SELECT matter_number FROM intake.petition WHERE number = %s"
    ((matter,),) = platform.rows(query.replace("%s", f"'{number}'"))
    return str(matter)


class TestLinking:
    def test_two_matters_are_one_and_two_again(self, platform: Platform) -> None:
        """With the owner that each had."""
        first, second = registered(platform, 2)
        receive(platform, "L1", first)
        receive(platform, "L2", second)
        assert link(platform, "K1", second, first) == "ok"
        wait_until(platform.caught_up)
        assert [owner_of(platform, each)["owner"] for each in (first, second)] == ["L1", "L1"]
        assert unlink(platform, "K1", second) == "ok"
        wait_until(platform.caught_up)
        assert [owner_of(platform, each)["owner"] for each in (first, second)] == ["L1", "L2"]

    def test_as_of_an_instant_each_number_is_where_it_was(self, platform: Platform) -> None:
        """In the course and in the history, whatever has been undone since."""
        first, second = registered(platform, 2)
        receive(platform, "L2", second)
        assert link(platform, "K1", second, first) == "ok"
        wait_until(platform.caught_up)
        linked_at = datetime.now(UTC).isoformat()
        assert unlink(platform, "K1", second) == "ok"
        wait_until(platform.caught_up)
        asked = {"number": second, "as_of": linked_at}
        course = platform.call("A1", "auditor", OFFICE, "responsibility.course_of", **asked)
        history = platform.call("A1", "auditor", OFFICE, "audit.replay", **asked)
        kinds = [entry["type"] for entry in history["entries"]]
        assert (course["matter"], kinds.count("petition.registered.v1")) == (first, 2)
        assert [owner_of(platform, each)["owner"] for each in (first, second)] == [None, "L2"]

    def test_in_both_directions_at_once_makes_no_circle(self, platform: Platform) -> None:
        """Two clerks, who do not know of each other."""
        for _ in range(5):
            first, second = registered(platform, 2)
            with ThreadPoolExecutor() as clerks:
                one = clerks.submit(link, platform, "K1", second, first)
                other = clerks.submit(link, platform, "K2", first, second)
            assert one.result() == "ok"
            assert other.result() in REFUSED
            wait_until(platform.caught_up)
            assert owner_of(platform, second)["matter"] == first

    def test_while_leaders_receive_each_number_has_one_owner(self, platform: Platform) -> None:
        """Links and receptions at once; responsibility dies and comes back."""
        first, second, third = registered(platform, 3)
        with ThreadPoolExecutor(8) as people:
            asked = [
                people.submit(receive, platform, f"L{n}", number)
                for n, number in enumerate((first, second, third))
            ]
            decided = [
                people.submit(link, platform, "K1", third, second),
                people.submit(link, platform, "K2", second, first),
                people.submit(unlink, platform, "K3", third),
            ]
        for each in asked:
            assert each.result()["owner"]
        assert {each.result() for each in decided} <= {"ok", *REFUSED}
        platform.kill("responsibility")
        link(platform, "K1", second, first)
        unlink(platform, "K2", second)
        platform.start("responsibility")
        wait_until(platform.caught_up)
        for number in (first, second, third):
            answer = owner_of(platform, number)
            assert answer["matter"] == led_to(platform, number)
            assert answer["owner"]
        assert platform.gapless("responsibility")
