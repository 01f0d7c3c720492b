"""Parties, corrections and withdrawal over real servers: one service decides, the others follow."""

from typing import Any

import pytest

from contracts.failures import Failure
from tests.system.petitions import OFFICE, owner_of, receive, registration, request_id
from tests.system.running_platform import Platform, wait_until

ACCUSED = "L8"


def call(platform: Platform, who: str, role: str, path: str, **given: Any) -> Any:
    return platform.call(who, role, OFFICE, path, **given)


def refusal(platform: Platform, who: str, role: str, path: str, **given: Any) -> str:
    with pytest.raises(Failure) as refused:
        call(platform, who, role, path, **given)
    return refused.value.code


def registered(platform: Platform, **given: Any) -> Any:
    asked = registration(petitioner={"name": f"沈{request_id()}"}, **given)
    return call(platform, "K1", "clerk", "intake.register", **asked)


def name(platform: Platform, number: str) -> None:
    call(
        platform,
        "K1",
        "clerk",
        "intake.name_accused",
        request_id=request_id(),
        number=number,
        accused_staff=[ACCUSED],
        reason="查阅附件后得知",
        document="海信登〔2026〕31号",
    )
    wait_until(platform.caught_up)


class TestAnAccusedOwner:
    def test_is_kept_out_everywhere_until_another_owns_the_matter(self, platform: Platform) -> None:
        number = registered(platform, petition_class="accusation")["number"]
        receive(platform, ACCUSED, number)
        name(platform, number)
        for path in ("intake.petition", "responsibility.owner_of", "responsibility.course_of"):
            assert refusal(platform, ACCUSED, "leader", path, number=number) == "petition_unknown"
        assert refusal(platform, ACCUSED, "auditor", "audit.replay", number=number) == (
            "petition_unknown"
        )
        assert owner_of(platform, number)["owner"] == ACCUSED
        given = {"request_id": request_id(), "number": number, "ground": "direct_interest"}
        call(platform, "D1", "office_head", "responsibility.recuse", to="L2", document="1", **given)
        assert owner_of(platform, number)["owner"] == "L2"

    def test_is_on_the_timeline_without_his_number(self, platform: Platform) -> None:
        number = registered(platform, petition_class="accusation")["number"]
        name(platform, number)
        history = call(platform, "A1", "auditor", "audit.replay", number=number)
        assert {"party.named.v1", "parties.kept_out.v1"} <= {
            entry["type"] for entry in history["entries"]
        }
        assert ACCUSED not in str(history)


class TestACorrection:
    def test_into_an_accusation_seals_everywhere(self, platform: Platform) -> None:
        number = registered(platform)["number"]
        given = {"request_id": request_id(), "number": number, "reason": "实为检举"}
        call(platform, "K1", "clerk", "intake.correct", petition_class="accusation", **given)
        wait_until(platform.caught_up)
        above = ("D2", "office_head", "330400-01")
        for path in ("intake.petition", "responsibility.owner_of", "audit.replay"):
            with pytest.raises(Failure, match="petition_unknown"):
                platform.call(*above, path, number=number)

    def test_shows_in_the_history_from_then_on(self, platform: Platform) -> None:
        number = registered(platform)["number"]
        wait_until(platform.caught_up)
        before = call(platform, "A1", "auditor", "audit.replay", number=number)["as_of"]
        given = {"request_id": request_id(), "number": number, "reason": "误录"}
        call(platform, "K1", "clerk", "intake.correct", headcount=9, **given)
        wait_until(platform.caught_up)
        then, now = (
            call(platform, "A1", "auditor", "audit.replay", number=number, **as_of)
            for as_of in ({"as_of": before}, {})
        )
        types = [[entry["type"] for entry in history["entries"]] for history in (then, now)]
        assert ["petition.corrected.v1" in each for each in types] == [False, True]


class TestWithdrawal:
    def test_by_the_petitioner_is_followed_by_the_course(self, platform: Platform) -> None:
        made = registered(platform)
        number, code = made["number"], made["query_code"]
        receive(platform, "L1", number)
        given = {"request_id": request_id(), "number": number, "query_code": code}
        call(platform, "W1", "clerk", "intake.withdraw", ground="settled", **given)
        wait_until(platform.caught_up)
        course = call(platform, "L1", "leader", "responsibility.course_of", number=number)
        assert course["state"] == "withdrawn"
        closing = {"request_id": request_id(), "number": number, "outcome": "withdrawn"}
        closed = call(platform, "L1", "leader", "responsibility.close", **closing)
        assert closed["state"] == "closed"
