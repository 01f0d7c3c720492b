"""A hotline and a counter on real servers: one person, put to a clerk, from old vaults too."""

from typing import Any

from tests.system.petitions import OFFICE, registration, request_id
from tests.system.running_platform import Platform, wait_until

WORDS = {
    "title": "小区电梯停运三周",
    "body": "电梯停运三周,老人上下楼困难,物业说没有维修资金,请督促尽快修好电梯并给出时间",
}


def raise_petition(platform: Platform, channel: str, petitioner: dict[str, str]) -> Any:
    given = registration(channel=channel, petitioner=petitioner, **WORDS)
    return platform.call("K1", "clerk", OFFICE, "intake.register", **given)


def somebody(**given: str) -> dict[str, str]:
    return {"name": f"沈{request_id()}", "phone": "057386001234", **given}


def unmarked(platform: Platform) -> int:
    ((count,),) = platform.rows("SELECT count(*) FROM intake.petitioner_key WHERE phone_kept = 0")
    return int(count)


def test_a_visit_and_a_call_are_put_to_a_clerk(platform: Platform) -> None:
    """Word for word the same, and never linked by the platform."""
    person = somebody()
    visit = raise_petition(platform, "visit", {**person, "id_number": "330424195503120013"})
    call = raise_petition(platform, "call", person)
    assert (call["repeat_of"], call["may_repeat"]) == (None, visit["number"])
    listed = platform.call("K1", "clerk", OFFICE, "intake.repeat_proposals", limit=200)["items"]
    (asked,) = [each for each in listed if each["number"] == call["number"]]
    assert asked["known_by"] == "phone_to_id"


def test_a_vault_from_before_is_marked_by_intake_itself(platform: Platform) -> None:
    """As the migration leaves it: nobody is marked; the next start begins with it."""
    person = somebody()
    visit = raise_petition(platform, "visit", {**person, "id_number": "330424196001010028"})
    with platform.cursor() as cursor:
        cursor.execute("DELETE FROM intake.petitioner_phone")
        cursor.execute("UPDATE intake.petitioner_key SET phone_kept = 0")
        cursor.connection.commit()
    platform.kill("intake")
    platform.start("intake")
    wait_until(platform.healthy)
    wait_until(lambda: unmarked(platform) == 0)
    assert raise_petition(platform, "call", person)["may_repeat"] == visit["number"]
