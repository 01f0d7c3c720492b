"""Accusations: nobody outside sees anything of one, not even that it exists (Arts 27 to 30).

Generated: each method that takes the number of a petition, each role that may call it, from an
office that has nothing to do with the matter; and of the accused, whatever they are to it.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import Any

import eventlet
import pytest
from eventlet import GreenPool

from contracts.failures import Failure
from contracts.fields import PAGE_MAX
from contracts.rpc import METHODS
from contracts.rpc.method import FOLLOWERS
from services.responsibility.application.on_record import ARRIVES_WITHIN_S, WAITING_MAX
from tests.integration.embedded.conftest import OFFICE, Town, registration
from tests.integration.embedded.test_bad_input import BY_NUMBER, GOOD

CITY, NEXT_DOOR, ELSEWHERE = "330400-01", "330424-02", "330726-01"
UNIT = "330424-07"
OUTSIDERS = [
    (path, role, office)
    for path in sorted(BY_NUMBER)
    for role in sorted(METHODS[path].roles - FOLLOWERS)
    for office in (CITY, NEXT_DOOR, ELSEWHERE)
]
LISTS = {
    "intake.search": {},
    "intake.repeat_proposals": {"office": OFFICE},
    "responsibility.open_list": {"office": OFFICE},
    "responsibility.caseload": {"owner": "L9"},
    "responsibility.terms": {"office": OFFICE},
    "responsibility.to_supervise": {},
    "audit.standings": {"limit": PAGE_MAX},
}


# Accused: a person of the office itself, who owns the matter; everybody of the handling unit.
PERSON, ACCUSED_UNIT = "P1", "330424-09"
ACCUSED = ((PERSON, OFFICE), (PERSON, ""), ("X9", ACCUSED_UNIT))


@pytest.fixture(scope="module")
def against(town: Town) -> str:
    """An accusation that the accused registered, received and owns, and his unit handles.

    Only then does it become known who they are.
    """
    who = town.caller(PERSON, ["clerk", "leader"])
    given = {"title": "检举二", "petition_class": "accusation"}
    number: str = who.call("intake", "register", **registration(**given))["number"]
    who.call("responsibility", "receive", request_id=str(uuid.uuid4()), number=number)
    head = town.caller("D1", ["office_head"])
    passed_on = {"unit": ACCUSED_UNIT, "document": "海信转〔2026〕9号"}
    head.call(
        "responsibility", "transfer", request_id=str(uuid.uuid4()), number=number, **passed_on
    )
    head.call(
        "intake",
        "name_accused",
        request_id=str(uuid.uuid4()),
        number=number,
        accused_staff=[PERSON],
        accused_units=[ACCUSED_UNIT],
        reason="查阅附件后得知",
        document="海信登〔2026〕31号",
    )
    town.wait_until_known_everywhere()
    return number


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


@pytest.fixture(scope="module")
def parted(town: Town) -> tuple[str, str]:
    """An accusation that was linked to an appeal by mistake, and that appeal."""
    clerk = town.caller("K1", ["clerk"])
    left = town.register(title="外墙渗水二")["number"]
    number: str = town.register(title="检举六", repeat_of=left)["number"]

    def enter(method: str, **given: Any) -> None:
        town.wait_until_known_everywhere()
        request = {"request_id": str(uuid.uuid4()), "number": number}
        clerk.call("intake", method, **request, **given)

    enter("correct", petition_class="accusation", reason="登记有误")
    named = {"accused_staff": [PERSON], "accused_units": [ACCUSED_UNIT]}
    document = {"reason": "查阅附件后得知", "document": "海信登〔2026〕32号"}
    enter("name_accused", **named, **document)
    enter("unlink_repeat", **document)
    town.wait_until_known_everywhere()
    return number, left


def told(town: Town, caller: tuple[str, str, str], path: str, **given: Any) -> str:
    who, role, office = caller
    service, _, method = path.partition(".")
    try:
        town.caller(who, [role], office).call(service, method, **given)
    except Failure as failure:
        return failure.code
    return "ok"


def asked(path: str, role: str, number: str) -> dict[str, Any]:
    given = {**GOOD[path], "number": number}
    if role == "leader":
        # He records no receptions but his own.
        given.pop("leader", None)
    if "request_id" in given:
        given["request_id"] = str(uuid.uuid4())
    return given


@pytest.fixture(scope="module")
def told_outside(town: Town, accusation: str) -> Callable[[str], dict[tuple[str, str], str]]:
    """What a method tells those outside, by role and office.

    All at once, as many as may wait for a petition: what is hidden is refused no sooner than what
    is not there.
    """

    @cache
    def told_by(path: str) -> dict[tuple[str, str], str]:
        callers = [(role, office) for each, role, office in OUTSIDERS if each == path]
        answers = GreenPool(WAITING_MAX).imap(
            lambda caller: told(town, ("X1", *caller), path, **asked(path, caller[0], accusation)),
            callers,
        )
        return dict(zip(callers, answers, strict=True))

    return told_by


@pytest.mark.parametrize(("path", "role", "office"), OUTSIDERS)
def test_outside_there_is_no_such_petition(
    told_outside: Callable[[str], dict[tuple[str, str], str]], path: str, role: str, office: str
) -> None:
    assert told_outside(path)[role, office] == "petition_unknown"


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


@pytest.mark.parametrize("path", sorted(BY_NUMBER))
def test_to_the_accused_there_is_no_such_petition(town: Town, against: str, path: str) -> None:
    """Neither to him who registered it and owns it, nor to the unit that handles it.

    All roles at once: what is hidden is refused no sooner than what is not there.
    """
    callers = [
        (who, role, office)
        for who, office in ACCUSED
        for role in sorted(METHODS[path].roles - {"service"})
    ]
    pool = GreenPool()
    told_to = pool.imap(
        lambda caller: told(town, caller, path, **asked(path, caller[1], against)), callers
    )
    assert dict(zip(callers, told_to, strict=True)) == dict.fromkeys(callers, "petition_unknown")


@pytest.mark.parametrize("path", LISTS)
def test_to_the_accused_no_list_has_it(town: Town, against: str, path: str) -> None:
    asked_for = {**LISTS[path], **({"owner": PERSON} if path.endswith("caseload") else {})}
    for who, office in ACCUSED:
        for role in sorted(METHODS[path].roles - {"service"}):
            service, _, method = path.partition(".")
            caller = town.caller(who, [role], office)
            if told(town, (who, role, office), path, **asked_for) == "office_not_allowed":
                continue
            page = caller.call(service, method, **asked_for)
            assert against not in {item["number"] for item in page["items"]}, (who, role, office)


def test_the_accused_finds_nothing_that_was_done_about_it(town: Town, against: str) -> None:
    """Not even his own steps, though he audits."""
    for who, office in ACCUSED:
        auditor = town.caller(who, ["auditor"], office)
        for actor in (PERSON, "D1", "service:responsibility"):
            for path in ("deeds", "looks"):
                page = auditor.call("audit", path, actor=actor, limit=PAGE_MAX)
                assert against not in {each["data"].get("number") for each in page["items"]}


# What of audit shows many cases at once, as an auditor asks for it; what opens one case by itself
# is on record with that; the rest tells of none.
SHOWING = {
    "audit.standings": {"limit": PAGE_MAX},
    "audit.deeds": {"actor": "L9", "limit": PAGE_MAX},
    "audit.looks": {},
    "audit.absence": {},
    "audit.feed": {"limit": 1_000},
    "audit.leaves": {"limit": 1_000},
    "audit.receipts": {},
    "audit.matters": {"limit": PAGE_MAX},
}
OPENING = {"audit.replay", "audit.export"}
TELLING_OF_NONE = {"audit.checkpoint", "audit.health", "audit.redrive"}
# Of the events that wait, and of the log as programs follow it, docs/audit.md tells.
UPKEEP = {"audit.log", "audit.parked"}


def test_what_of_audit_shows_cases_is_known():
    """A new method has to say whether it goes on record."""
    of_audit = {path for path in METHODS if path.startswith("audit.")}
    assert of_audit == {*SHOWING, *OPENING, *TELLING_OF_NONE, *UPKEEP}


@pytest.mark.parametrize("path", SHOWING)
def test_who_was_shown_it_among_others_is_on_record(town: Town, accusation: str, path: str) -> None:
    """By whom and by which question, before he has the answer."""
    who = f"A9{list(SHOWING).index(path)}"
    auditor, service_method = town.caller(who, ["auditor"], ""), path.split(".")
    named = town.caller("D1", ["office_head"]).call("intake", "petition", number=accusation)
    town.wait_until_known_everywhere()
    for asked_for in questions(town, path, accusation, named["petition_id"]):
        # Absence is refused, because there is one.
        with suppress(Failure):
            ask_all(lambda given: auditor.call(*service_method, **given), **asked_for)
    with eventlet.Timeout(20):
        while not (found := shown_to(town, who)):
            eventlet.sleep(0.05)
    assert {each["method"] for each in found} == {path}
    assert any(named["petition_id"] in each["petition_ids"] for each in found)
    seen = town.caller("A2", ["auditor"], "").call("audit", "looks", number=accusation, limit=200)
    assert who in {each["actor"] for each in seen["items"]}


def shown_to(town: Town, who: str) -> list[dict[str, Any]]:
    """Return what is on record of answers that showed somebody sealed cases."""
    page = town.caller("A2", ["auditor"], "").call("audit", "looks", actor=who, limit=200)
    return [each["data"] for each in page["items"] if each["type"] == "sealed_cases.shown.v1"]


def questions(town: Town, path: str, number: str, petition_id: str) -> list[dict[str, Any]]:
    """Return what is to be asked so that the case is among the answers."""
    if path in {"audit.looks", "audit.absence"}:
        return [{"number": number}]
    if path in {"audit.standings", "audit.deeds", "audit.matters"}:
        return [SHOWING[path]]
    program = town.caller("service:reader", ["service"], "")
    size = program.call("audit", "leaves", limit=1)["size"]
    pages = [
        (after, program.call("audit", "leaves", after=after, limit=1_000)["leaves"])
        for after in range(0, size, 1_000)
    ]
    at, where = next(
        (after, after + offset)
        for after, leaves in pages
        for offset, leaf in enumerate(leaves)
        if petition_id in leaf
    )
    if path == "audit.receipts":
        return [{"positions": [where]}]
    return [{**SHOWING[path], "after": at}]


def ask_all(ask: Callable[[dict[str, Any]], Any], **given: Any) -> None:
    """Ask for all pages of a list; of anything else once."""
    cursor = ask(given).get("next_cursor")
    while cursor:
        cursor = ask({**given, "cursor": cursor})["next_cursor"]


def test_a_program_that_follows_the_feed_leaves_no_trace_of_it(town: Town, accusation: str) -> None:
    """It shows it to nobody; else each page would be followed by one that tells of it."""
    program = town.caller("service:reader", ["service"], "")
    for method in ("feed", "leaves"):
        program.call("audit", method, limit=1_000)
    assert shown_to(town, "service:reader") == []


@pytest.mark.parametrize("by", ["number", "petition_id"])
def test_its_absence_is_not_shown_to_the_accused(town: Town, against: str, by: str) -> None:
    """He is told what he is told everywhere: that there is no such petition."""
    known = town.caller("D1", ["office_head"]).call("intake", "petition", number=against)
    for who, office in ACCUSED:
        asked_for = {by: known[by]}
        assert told(town, (who, "auditor", office), "audit.absence", **asked_for) == (
            "petition_unknown"
        )


def test_an_agency_is_told_nothing_of_it(town: Town, accusation: str) -> None:
    """Though it is the one that put it on record; of its other petitions it is."""
    agency, given = town.caller("H12345", ["agency"]), {"petition_class": "accusation"}
    own = agency.call("intake", "register", **registration(title="转办一"))["number"]
    sealed = agency.call("intake", "register", **registration(title="转办二", **given))["number"]
    town.wait_until_known_everywhere()
    found, after, size = set[str](), 0, 1
    while after < size:
        page = agency.call("audit", "feed", after=after, limit=1_000)
        found |= {event["data"].get("number", "") for event in page["events"]}
        after, size = page["next"], page["size"]
    assert own in found
    assert not {sealed, accusation} & found


def test_the_accused_finds_no_reminder_of_it(town: Town, against: str) -> None:
    """Those that he was sent while nobody knew are not shown any more."""
    for who, office in ACCUSED:
        reminders = town.caller(who, ["leader", "operator"], office).call("notify", "reminders")
        assert against not in {each["number"] for each in reminders["items"]}


def test_the_query_code_opens_nothing_to_the_accused(town: Town) -> None:
    given = registration(title="检举三", petition_class="accusation", accused_staff=[PERSON])
    made = town.caller("K1", ["clerk"]).call("intake", "register", **given)
    code = {"number": made["number"], "query_code": made["query_code"]}
    assert told(town, (PERSON, "clerk", OFFICE), "intake.status", **code) == "query_code_wrong"
    assert told(town, ("K1", "clerk", OFFICE), "intake.status", **code) == "ok"


def test_who_registers_a_repeat_learns_nothing_of_what_he_is_accused_of(town: Town) -> None:
    """The same person with the same matter: it joins, and he is not told what."""
    person = {"name": "沈某", "phone": "057386000000"}
    given = {"title": "检举四", "petition_class": "accusation", "petitioner": person}
    first = town.register(**given, accused_staff=[PERSON])["number"]
    again = town.caller(PERSON, ["clerk"]).call("intake", "register", **registration(**given))
    assert again["repeat_of"] is None
    assert town.register(**given)["repeat_of"] == first
    assert told(town, (PERSON, "clerk", OFFICE), "intake.petition", number=first) == (
        "petition_unknown"
    )


def test_what_was_so_before_he_was_named_is_kept_from_him_too(town: Town, against: str) -> None:
    before = town.caller("D1", ["office_head"]).call("responsibility", "course_of", number=against)[
        "since"
    ]
    asked_then = {"number": against, "as_of": before}
    told_him = told(town, (PERSON, "leader", OFFICE), "responsibility.course_of", **asked_then)
    assert told_him == "petition_unknown"


def test_the_head_is_reminded_of_the_recusal(town: Town, against: str) -> None:
    """The ownership stays where it is until he names another owner."""
    head = town.caller("D1", ["office_head"])
    assert head.call("responsibility", "owner_of", number=against)["owner"] == PERSON
    with eventlet.Timeout(20):
        while against not in {each["number"] for each in _recusals(head)}:
            eventlet.sleep(0.02)


def _recusals(head: Any) -> list[dict[str, Any]]:
    page = head.call("notify", "reminders", recipient=f"office_head:{OFFICE}")
    return [each for each in page["items"] if each["reason"] == "recusal_due"]


@pytest.mark.parametrize("path", ["responsibility.recuse", "responsibility.succeed"])
def test_no_party_is_named_owner(town: Town, against: str, path: str) -> None:
    """Told to the head, who knows of the matter, with the field and the way out."""
    given = {**GOOD[path], "number": against, "request_id": str(uuid.uuid4())}
    service, _, method = path.partition(".")
    head = town.caller("D1", ["office_head"])
    with pytest.raises(Failure) as refused:
        head.call(service, method, **{**given, "to": "L7", "office": ACCUSED_UNIT})
    assert (refused.value.code, list(refused.value.fields)) == ("party_to_the_matter", ["office"])


def test_what_is_hidden_is_refused_no_sooner_than_what_is_not_there(
    town: Town, against: str
) -> None:
    """Its time would tell that there is one."""
    leader = (PERSON, "leader", OFFICE)
    for path in ("responsibility.owner_of", "responsibility.course_of"):
        begun = monotonic()
        assert told(town, leader, path, number=against) == "petition_unknown"
        assert monotonic() - begun >= ARRIVES_WITHIN_S


def test_what_an_office_is_accused_of_is_found_and_acted_on_from_above(town: Town) -> None:
    """Nobody of the office may, and nobody tells those above the number."""
    given = {"title": "检举五", "petition_class": "accusation", "accused_units": [OFFICE]}
    clerk = town.caller("K9", ["clerk"], CITY)
    number = clerk.call("intake", "register", **registration(**given))["number"]
    town.wait_until_known_everywhere()
    above = ("D9", "office_head", CITY)
    for path in ("intake.search", "responsibility.open_list", "responsibility.terms"):
        assert number in listed(town, above, path)
        for office in (OFFICE, NEXT_DOOR, ELSEWHERE):
            assert number not in listed(town, ("D8", "office_head", office), path)
    asked_for = {"request_id": str(uuid.uuid4()), "number": number}
    assert told(town, ("L8", "leader", CITY), "responsibility.receive", **asked_for) == "ok"
    passed_on = {**asked_for, "to": "L7", "ground": "left_post", "document": "嘉信〔2026〕1号"}
    # The office that is meant unless one is named is the accused one.
    assert told(town, above, "responsibility.succeed", **passed_on) == "party_to_the_matter"
    assert told(town, above, "responsibility.succeed", **passed_on, office=CITY) == "ok"


QUESTIONS = sorted(path for path in BY_NUMBER if "request_id" not in GOOD[path])
ANYBODY = [
    (path, role, office)
    for path in (*QUESTIONS, *LISTS)
    for role in sorted(METHODS[path].roles - FOLLOWERS - {"service"})
    for office in (OFFICE, CITY, NEXT_DOOR, ELSEWHERE, ACCUSED_UNIT)
    # In its own office it is known that the accusation is there, not of what it was.
    if path not in LISTS or office != OFFICE
]


@pytest.mark.parametrize(("path", "role", "office"), ANYBODY)
def test_what_an_accusation_has_left_says_nothing_of_it(
    town: Town, parted: tuple[str, str], path: str, role: str, office: str
) -> None:
    """It is open again: nobody finds there that something sealed was of it, or which."""
    accusation, left = parted
    asked_for = LISTS[path] if path in LISTS else asked(path, role, left)
    service, _, method = path.partition(".")
    # The head of its office is one of those who know of the accusation, unless he is a party to it.
    named = (role, office) == ("office_head", OFFICE)
    for who in [PERSON] if named else ["X1", PERSON]:
        try:
            answer = town.caller(who, [role], office).call(service, method, **asked_for)
        except Failure as failure:
            answer = failure.fields
        assert accusation not in str(answer), who
        assert petition_id_of(town, accusation) not in str(answer), who


def petition_id_of(town: Town, number: str) -> str:
    head = town.caller("D1", ["office_head"])
    return str(head.call("intake", "petition", number=number)["petition_id"])


def test_what_an_accusation_has_left_is_open_again(town: Town, parted: tuple[str, str]) -> None:
    """To its whole office, and to those above; the accusation to those who are named only."""
    accusation, left = parted
    for caller in (("K2", "clerk", OFFICE), ("K7", "clerk", CITY), (PERSON, "clerk", OFFICE)):
        assert told(town, caller, "intake.petition", number=left) == "ok"
        assert left in listed(town, caller, "intake.search")
        hidden = "sealed" if caller[0] == "K2" else "petition_unknown"
        assert told(town, caller, "intake.petition", number=accusation) == hidden


@pytest.mark.parametrize("path", sorted(BY_NUMBER))
def test_outside_there_is_no_accusation_that_has_left(
    town: Town, parted: tuple[str, str], path: str
) -> None:
    """Nor to the accused, in whichever method and role."""
    callers = [
        (who, role, office)
        for who, office in (("X1", CITY), ("X1", NEXT_DOOR), ("X1", ELSEWHERE), *ACCUSED)
        for role in sorted(METHODS[path].roles - FOLLOWERS - {"service"})
    ]
    answers = GreenPool().imap(
        lambda caller: told(town, caller, path, **asked(path, caller[1], parted[0])), callers
    )
    assert dict(zip(callers, answers, strict=True)) == dict.fromkeys(callers, "petition_unknown")
