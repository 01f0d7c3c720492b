"""Repeats by RPC across the services: proposed, linked, merged, split; told, timed, replayed."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.failures import Failure
from tests.integration.embedded.conftest import OFFICE, Town

ELSEWHERE = "330726-01"
LEAK = "小区外墙渗水两年无人修,墙面发霉,老人孩子经常生病,请尽快派人处理"
OTHER_WORDS = "外墙渗水两年了无人修,墙面都发霉了,老人和孩子常常生病,请派人来修,另外楼道灯也坏了"


def asked(town: Town, who: str, role: str, path: str, **given: Any) -> Any:
    service, _, name = path.partition(".")
    office = given.pop("at_office", OFFICE)
    return town.caller(who, [role], office).call(service, name, **given)


def command(number: str, **given: Any) -> dict[str, Any]:
    return {"request_id": str(uuid.uuid4()), "number": number, **given}


def told(town: Town, text: str, petitioner: dict[str, str]) -> Any:
    return town.register(title=text, body=text, petitioner=petitioner)


def receive(town: Town, leader: str, number: str) -> None:
    asked(town, leader, "leader", "responsibility.receive", **command(number))


def owner_of(town: Town, number: str) -> Any:
    return asked(town, "A1", "auditor", "responsibility.owner_of", number=number)


def link(town: Town, number: str, repeat_of: str) -> Any:
    given = command(number, repeat_of=repeat_of, reason="同一房屋同一诉求")
    answer = asked(town, "K1", "clerk", "intake.link_repeat", **given)
    town.wait_until_known_everywhere()
    return answer


def unlink(town: Town, number: str) -> Any:
    given = command(number, reason="另一房屋", document="海信分〔2026〕1号")
    answer = asked(town, "K1", "clerk", "intake.unlink_repeat", **given)
    town.wait_until_known_everywhere()
    return answer


@pytest.fixture
def pair(town: Town) -> tuple[str, str]:
    """A petition that Huang received, and one like it that Shen received."""
    who = {"name": "沈阿根", "phone": f"154{uuid.uuid4().int % 10**8:08}"}
    first = told(town, LEAK, who)["number"]
    again = told(town, OTHER_WORDS, who)
    assert (again["repeat_of"], again["may_repeat"]) == (None, first)
    receive(town, "L1", first)
    receive(town, "L2", again["number"])
    return first, again["number"]


def test_a_clerk_is_asked_and_two_matters_are_one(town: Town, pair: tuple[str, str]) -> None:
    """From then on both numbers have one owner, in every service."""
    first, again = pair
    page = asked(town, "K1", "clerk", "intake.repeat_proposals", limit=200)
    assert (again, first) in {(item["number"], item["repeat_of"]) for item in page["items"]}
    assert link(town, again, first)["repeat_of"] == first
    assert {owner_of(town, each)["owner"] for each in pair} == {"L1"}
    view = asked(town, "K1", "clerk", "intake.petition", number=again)
    assert (view["repeat_of"], view["state"]) == (first, "owned")
    page = asked(town, "K1", "clerk", "intake.repeat_proposals", limit=200)
    assert again not in {item["number"] for item in page["items"]}


def test_and_two_again_where_it_was_wrong(town: Town, pair: tuple[str, str]) -> None:
    """Each with the owner that it had."""
    first, again = pair
    link(town, again, first)
    unlink(town, again)
    assert [owner_of(town, each)["owner"] for each in pair] == ["L1", "L2"]
    view = asked(town, "K1", "clerk", "intake.petition", number=again)
    assert (view["repeat_of"], view["state"]) == (None, "owned")


def test_both_owners_are_told(town: Town, pair: tuple[str, str]) -> None:
    """The one that he owns more now, the other that he does not any more."""
    first, again = pair
    link(town, again, first)
    town.heads_at_rest()
    found = asked(town, "O1", "operator", "notify.reminders", limit=200, at_office="")["items"]
    told_of = {(each["number"], each["recipient"], each["reason"]) for each in found}
    assert (first, "L1", "repeat_joined") in told_of
    assert (again, "L2", "merged") in told_of


def test_the_history_of_either_number_is_that_of_the_matter(
    town: Town, pair: tuple[str, str]
) -> None:
    """With what was on record of each before, and apart again after the split."""
    first, again = pair
    link(town, again, first)
    one, other = (
        asked(town, "A1", "auditor", "audit.replay", number=each)["entries"] for each in pair
    )
    registered = [
        entry["data"]["number"] for entry in one if entry["type"] == "petition.registered.v1"
    ]
    assert registered == [first, again]
    assert {"repeat.linked.v1", "matter.merged.v1", "ownership.merged.v1"} <= {
        entry["type"] for entry in one
    }
    assert [entry["event_id"] for entry in one] == [
        entry["event_id"] for entry in other if entry["type"] != "case.replayed.v1"
    ][: len(one)]
    unlink(town, again)
    apart = asked(town, "A1", "auditor", "audit.replay", number=again)["entries"]
    numbers = {
        entry["data"]["number"] for entry in apart if entry["type"] == "petition.registered.v1"
    }
    assert numbers == {again}
    assert {"repeat.linked.v1", "repeat.unlinked.v1", "ownership.split.v1"} <= {
        entry["type"] for entry in apart
    }


def test_what_has_joined_and_what_has_left_is_told_between_two_instants(
    town: Town, pair: tuple[str, str]
) -> None:
    """A repeat comes with all that was on record of it, and goes with it."""
    first, again = pair
    apart = asked(town, "A1", "auditor", "audit.replay", number=first)
    link(town, again, first)
    one = asked(town, "A1", "auditor", "audit.replay", number=first, since=apart["as_of"])
    registered = [each for each in one["entries"] if each["type"] == "petition.registered.v1"]
    assert ([each["data"]["number"] for each in registered], one["left"]) == ([again], [])
    unlink(town, again)
    parted = asked(town, "A1", "auditor", "audit.replay", number=first, since=one["as_of"])
    assert registered[0] in parted["left"]
    assert {each["data"]["number"] for each in parted["left"]} == {again}


def test_between_two_instants_the_first_is_the_earlier(town: Town, pair: tuple[str, str]) -> None:
    """Or what has left would be what came."""
    instants = {"since": "2026-11-25T09:00:00Z", "as_of": "2026-11-25T08:00:00Z"}
    with pytest.raises(Failure, match="bad_value"):
        asked(town, "A1", "auditor", "audit.replay", number=pair[0], **instants)


def test_terms_are_asked_for_under_either_number(town: Town, pair: tuple[str, str]) -> None:
    """Those that run are the matter's."""
    first, again = pair
    link(town, again, first)
    given = {"number": again, "running": True}
    page = asked(town, "K1", "clerk", "responsibility.terms", **given)
    assert [item["number"] for item in page["items"]] == [first]


def test_another_countys_clerk_links_nothing(town: Town, pair: tuple[str, str]) -> None:
    first, again = pair
    given = command(again, repeat_of=first, reason="同一诉求")
    with pytest.raises(Failure, match="office_not_allowed"):
        asked(town, "K9", "clerk", "intake.link_repeat", at_office=ELSEWHERE, **given)
    with pytest.raises(Failure, match="office_not_allowed"):
        asked(
            town,
            "K9",
            "clerk",
            "intake.repeat_proposals",
            at_office=ELSEWHERE,
            office=OFFICE,
        )


@pytest.mark.parametrize("reason", ["坏\x00", "", " "])
def test_a_reason_that_is_none_is_refused(town: Town, pair: tuple[str, str], reason: str) -> None:
    first, again = pair
    given = command(again, repeat_of=first, reason=reason)
    with pytest.raises(Failure, match="bad_value"):
        asked(town, "K1", "clerk", "intake.link_repeat", **given)


def test_a_reason_with_emoji_is_kept(town: Town, pair: tuple[str, str]) -> None:
    first, again = pair
    given = command(again, repeat_of=first, reason="同一诉求😀")
    assert asked(town, "K1", "clerk", "intake.link_repeat", **given)["repeat_of"] == first


@pytest.fixture
def open_pair(town: Town) -> tuple[str, str]:
    """A petition that nobody received, and one like it that Shen received."""
    who = {"name": "沈阿根", "phone": f"154{uuid.uuid4().int % 10**8:08}"}
    first, again = (told(town, text, who)["number"] for text in (LEAK, OTHER_WORDS))
    receive(town, "L2", again)
    return first, again


def test_an_undone_link_leaves_nothing_behind_in_any_service(
    town: Town, open_pair: tuple[str, str]
) -> None:
    """The first is awaited again, everywhere; a repeat of the other is the other's."""
    first, again = open_pair
    link(town, again, first)
    who = {"name": "陈阿四", "phone": f"154{uuid.uuid4().int % 10**8:08}"}
    third = town.register(title="另一件", body=LEAK, petitioner=who, repeat_of=again)["number"]
    town.wait_until_known_everywhere()
    assert {owner_of(town, each)["owner"] for each in (first, again, third)} == {"L2"}
    unlink(town, again)
    assert [owner_of(town, each)["owner"] for each in (first, again, third)] == [None, "L2", "L2"]
    town.heads_at_rest()
    views = [asked(town, "K1", "clerk", "intake.petition", number=each) for each in (first, third)]
    assert [view["state"] for view in views] == ["registered", "owned"]
    assert views[1]["repeat_of"] == again
    found = asked(town, "K1", "clerk", "intake.search", state="registered", limit=200)["items"]
    assert first in {item["number"] for item in found}
    waiting = asked(town, "K1", "clerk", "responsibility.open_list", office=OFFICE, limit=200)
    assert first in {item["number"] for item in waiting["items"]}


def test_what_nobody_received_waits_for_its_first_contact_in_every_service(town: Town) -> None:
    """It never was of the matter that it leaves; the head of its office is to see to it."""
    who = {"name": "沈阿根", "phone": f"154{uuid.uuid4().int % 10**8:08}"}
    first, again = told(town, LEAK, who)["number"], told(town, LEAK, who)["number"]
    receive(town, "L1", first)
    town.wait_until_known_everywhere()
    linked_at = now()
    assert owner_of(town, again)["owner"] == "L1"
    unlink(town, again)
    town.heads_at_rest()
    assert [owner_of(town, each)["owner"] for each in (first, again)] == ["L1", None]
    waiting = asked(town, "K1", "clerk", "responsibility.open_list", office=OFFICE, limit=200)
    assert again in {item["number"] for item in waiting["items"]}
    mine = asked(town, "L1", "leader", "responsibility.caseload", limit=200)["items"]
    assert again not in {item["number"] for item in mine}
    view = asked(town, "K1", "clerk", "intake.petition", number=again)
    assert (view["repeat_of"], view["state"]) == (None, "registered")
    found = asked(town, "O1", "operator", "notify.reminders", limit=200, at_office="")["items"]
    assert (again, f"office_head:{OFFICE}", "untaken", "planned") in {
        (each["number"], each["recipient"], each["reason"], each["state"]) for each in found
    }
    assert again not in {each["number"] for each in found if each["recipient"] == "L1"}
    stands, stood = (
        {each["number"]: each for each in standings(town, as_of)} for as_of in (now(), linked_at)
    )
    assert (stands[again]["state"], stands[again]["owner"]) == ("awaited", None)
    assert (stood[again]["state"], stood[again]["into"]) == ("repeat", first)


def standings(town: Town, as_of: str) -> Any:
    return asked(town, "A1", "auditor", "audit.standings", as_of=as_of, limit=200)["items"]


def test_the_course_of_a_merged_petition_is_shown_under_its_number(
    town: Town, pair: tuple[str, str]
) -> None:
    """Its unit has worked on it; the owner of the whole sees that."""
    first, again = pair
    given = command(again, unit="330424-07", document="海信转〔2026〕7号")
    asked(town, "K1", "clerk", "responsibility.transfer", **given)
    link(town, again, first)
    shown = asked(town, "L1", "leader", "responsibility.course_of", number=again)
    assert (shown["matter"], shown["merged_course"]["merged_into"]) == (first, first)
    assert [step["step"] for step in shown["merged_course"]["steps"]] == ["transfer"]
    (merged,) = owner_of(town, first)["merged"]
    assert (merged["number"], merged["unit"], merged["state"]) == (
        again,
        "330424-07",
        "transferred",
    )


def test_as_of_an_instant_each_number_is_where_it_was(town: Town, pair: tuple[str, str]) -> None:
    """Before the link, and while it stood, whatever has been undone since."""
    first, again = pair
    instants = [now()]
    link(town, again, first)
    instants.append(now())
    unlink(town, again)
    matters = [
        asked(town, "A1", "auditor", "responsibility.course_of", number=again, as_of=each)["matter"]
        for each in instants
    ]
    assert matters == [again, first]
    registered = [
        {
            entry["data"]["number"]
            for entry in asked(town, "A1", "auditor", "audit.replay", number=again, as_of=each)[
                "entries"
            ]
            if entry["type"] == "petition.registered.v1"
        }
        for each in instants
    ]
    assert registered == [{again}, {first, again}]


def now() -> str:
    return datetime.now(UTC).isoformat()
