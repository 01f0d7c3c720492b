"""Who may see which matters: offices within their regions, sealed ones within their office."""

import uuid
from typing import Any

import pytest

from contracts.failures import Failure
from tests.integration.embedded.conftest import OFFICE, Town

CITY, ELSEWHERE = "330400-01", "330726-01"


def code_of(town: Town, who: str, role: str, at: str, path: str, /, **given: Any) -> str:
    service, _, method = path.partition(".")
    try:
        town.caller(who, [role], at).call(service, method, **given)
    except Failure as failure:
        return failure.code
    return "ok"


class TestReplay:
    @pytest.mark.parametrize(
        ("role", "office", "code"),
        [
            ("auditor", "", "ok"),
            ("office_head", OFFICE, "ok"),
            ("office_head", CITY, "ok"),
            ("office_head", ELSEWHERE, "office_not_allowed"),
            ("office_head", "", "office_not_allowed"),
        ],
    )
    def test_is_for_auditors_and_the_heads_of_the_matter(
        self, town: Town, role: str, office: str, code: str
    ) -> None:
        number = town.register(title="回放")["number"]
        assert code_of(town, "D9", role, office, "audit.replay", number=number) == code

    @pytest.mark.parametrize(
        ("role", "office", "code"),
        [
            ("auditor", "", "ok"),
            ("office_head", OFFICE, "ok"),
            ("office_head", CITY, "petition_unknown"),
        ],
    )
    def test_of_an_accusation_is_for_its_own_head(
        self, town: Town, role: str, office: str, code: str
    ) -> None:
        number = town.register(title="检举", petition_class="accusation")["number"]
        assert code_of(town, "D9", role, office, "audit.replay", number=number) == code


class TestLists:
    def test_open_lists_are_for_offices_that_act_for_them(self, town: Town) -> None:
        for office, code in ((OFFICE, "ok"), (CITY, "ok"), (ELSEWHERE, "office_not_allowed")):
            path = "responsibility.open_list"
            assert code_of(town, "L9", "leader", office, path, office=OFFICE) == code

    def test_others_caseloads_show_what_lies_in_ones_own_regions(self, town: Town) -> None:
        number = town.register(title="包案")["number"]
        owner = town.caller("L77", ["leader"])
        owner.call("responsibility", "receive", request_id=str(uuid.uuid4()), number=number)
        for office, seen in ((OFFICE, 1), (CITY, 1), (ELSEWHERE, 0)):
            other = town.caller("L78", ["leader"], office)
            page = other.call("responsibility", "caseload", owner="L77")
            assert len(page["items"]) == seen
        assert len(owner.call("responsibility", "caseload")["items"]) == 1

    def test_reminders_are_one_s_own(self, town: Town) -> None:
        path = "notify.reminders"
        assert code_of(town, "L9", "leader", OFFICE, path, recipient="L77") == "role_not_allowed"
        assert code_of(town, "L9", "leader", OFFICE, path, recipient="L9") == "ok"
        assert code_of(town, "O1", "operator", "", path, recipient="L77") == "ok"

    def test_a_clerk_without_an_office_finds_nothing(self, town: Town) -> None:
        town.register(title="有一件")
        found = town.caller("K9", ["clerk"], "").call("intake", "search")
        assert found["items"] == []
