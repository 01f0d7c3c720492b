"""Accusations: nobody outside sees anything of one, not even that it exists (Arts 27 to 30).

Generated: each method that takes the number of a petition, each role that may call it, from an
office that has nothing to do with the matter.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.jurisdiction import acts_for
from contracts.failures import Failure
from contracts.rpc import METHODS
from contracts.rpc.method import FOLLOWERS
from tests.integration.embedded.conftest import OFFICE, Town
from tests.integration.embedded.test_bad_input import BY_NUMBER, GOOD

CITY, NEXT_DOOR, ELSEWHERE = "330400-01", "330424-02", "330726-01"
UNIT = "330424-07"
# Somebody stands before the petitioner and was given the number: within the region he receives.
RECEIVE = "responsibility.receive"
OUTSIDERS = [
    (path, role, office)
    for path in sorted(BY_NUMBER)
    for role in sorted(METHODS[path].roles - FOLLOWERS)
    for office in (CITY, NEXT_DOOR, ELSEWHERE)
    if path != RECEIVE or not acts_for(office, OFFICE)
]
LISTS = {
    "intake.search": {},
    "intake.repeat_proposals": {"office": OFFICE},
    "responsibility.open_list": {"office": OFFICE},
    "responsibility.caseload": {"owner": "L9"},
    "responsibility.terms": {"office": OFFICE},
    "responsibility.to_supervise": {},
}


@pytest.fixture(scope="module")
def accusation(town: Town) -> str:
    """An accusation that L9 owns and a unit handles."""
    number: str = town.register(title="检举", petition_class="accusation")["number"]
    town.caller("L9", ["leader"]).call(
        "responsibility", "receive", request_id=str(uuid.uuid4()), number=number
    )
    clerk = town.caller("K1", ["clerk"])
    given = {"request_id": str(uuid.uuid4()), "number": number, "document": "海信转〔2026〕9号"}
    clerk.call("responsibility", "transfer", unit=UNIT, **given)
    return number


def told(town: Town, caller: tuple[str, str, str], path: str, **given: Any) -> str:
    who, role, office = caller
    service, _, method = path.partition(".")
    try:
        town.caller(who, [role], office).call(service, method, **given)
    except Failure as failure:
        return failure.code
    return "ok"


@pytest.mark.parametrize(("path", "role", "office"), OUTSIDERS)
def test_outside_there_is_no_such_petition(
    town: Town, accusation: str, path: str, role: str, office: str
) -> None:
    given = {**GOOD[path], "number": accusation}
    if role == "leader":
        # He records no receptions but his own.
        given.pop("leader", None)
    if "request_id" in given:
        given["request_id"] = str(uuid.uuid4())
    assert told(town, ("X1", role, office), path, **given) == "petition_unknown"


def listed(town: Town, caller: tuple[str, str, str], path: str) -> set[str]:
    """Return the numbers in a list; none where the office may not ask for it."""
    who, role, office = caller
    service, _, method = path.partition(".")
    if told(town, caller, path, **LISTS[path]) == "office_not_allowed":
        return set()
    page = town.caller(who, [role], office).call(service, method, **LISTS[path])
    return {item["number"] for item in page["items"]}


def pages() -> Iterator[tuple[str, str, str]]:
    for path in LISTS:
        for role in sorted(METHODS[path].roles - FOLLOWERS):
            for office in (CITY, NEXT_DOOR, ELSEWHERE):
                yield path, role, office


@pytest.mark.parametrize(("path", "role", "office"), list(pages()))
def test_outside_no_list_has_it(
    town: Town, accusation: str, path: str, role: str, office: str
) -> None:
    assert accusation not in listed(town, ("X1", role, office), path)


def test_outside_nothing_can_repeat_it(town: Town, accusation: str) -> None:
    """As if the number were nobody's."""
    clerk = town.caller("K7", ["clerk"], NEXT_DOOR)
    given = {**GOOD["intake.register"], "request_id": str(uuid.uuid4()), "office": NEXT_DOOR}
    with pytest.raises(Failure, match="original_unknown"):
        clerk.call("intake", "register", **{**given, "repeat_of": accusation})


@pytest.mark.parametrize(
    ("caller", "path", "code"),
    [
        (("L9", "leader", NEXT_DOOR), "responsibility.owner_of", "ok"),
        (("L9", "leader", NEXT_DOOR), "intake.petition", "ok"),
        (("D1", "office_head", OFFICE), "responsibility.course_of", "ok"),
        (("U1", "handler", UNIT), "responsibility.course_of", "ok"),
        (("A1", "auditor", ""), "responsibility.owner_of", "ok"),
        (("K2", "clerk", OFFICE), "intake.petition", "sealed"),
    ],
    ids=["owner", "owner in intake", "head", "unit", "auditor", "colleague"],
)
def test_inside_it_is_known(
    town: Town, accusation: str, caller: tuple[str, str, str], path: str, code: str
) -> None:
    town.wait_until_known_everywhere()
    assert told(town, caller, path, number=accusation) == code


def test_inside_the_lists_have_it(town: Town, accusation: str) -> None:
    """So that the lists above are empty for a reason."""
    for path, role in (("responsibility.caseload", "clerk"), ("responsibility.terms", "clerk")):
        assert accusation in listed(town, ("K2", role, OFFICE), path)


def test_its_owner_reads_it(town: Town, accusation: str) -> None:
    """He has to follow it up, wherever his office is."""
    town.wait_until_known_everywhere()
    owner = town.caller("L9", ["leader"], NEXT_DOOR)
    opened = owner.call("intake", "petition", number=accusation, content=True)
    assert opened["content"]["title"] == "检举"
    found = owner.call("intake", "search")["items"]
    assert accusation in {item["number"] for item in found}
