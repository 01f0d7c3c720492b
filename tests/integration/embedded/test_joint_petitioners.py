"""共同信访人: who raises a petition with somebody else is a petitioner as he is."""

import uuid
from typing import Any

from tests.integration.embedded.conftest import Town

# Nobody whom another test of this town knows.
LI, WU, ZHOU = (
    {"name": name, "phone": phone, "id_number": "", "address": ""}
    for name, phone in (
        ("李某", "0573-8601"),
        ("吴某", "0573-8602"),
        ("周某\U0001f600", "0573-8603"),
    )
)
MATTER = {"title": "河道淤塞", "body": "村口河道淤塞多年,每逢大雨就淹田。", "channel": "visit"}


def content_of(town: Town, number: str) -> Any:
    clerk = town.caller("K1", ["clerk"])
    return clerk.call("intake", "petition", number=number, content=True)["content"]


def corrected(town: Town, number: str, **given: Any) -> None:
    town.caller("K1", ["clerk"]).call(
        "intake", "correct", request_id=str(uuid.uuid4()), number=number, reason="漏录", **given
    )


def test_they_are_kept_beside_the_petitioner_and_the_representatives(town: Town):
    number = town.register(
        **MATTER, petitioner=LI, co_signers=[WU, ZHOU], representatives=[WU], headcount=3
    )["number"]
    kept = content_of(town, number)
    assert (kept["petitioner"], kept["co_signers"], kept["representatives"]) == (
        LI,
        [WU, ZHOU],
        [WU],
    )


def test_who_comes_alone_later_repeats_it(town: Town):
    """At least one identical petitioner, and the same matter."""
    other = {**MATTER, "title": "桥面破损", "body": "村口石桥桥面破损,车辆通行危险。"}
    joint = town.register(**other, petitioner=LI, co_signers=[ZHOU], headcount=2)
    alone = town.register(**other, petitioner=ZHOU)
    assert alone["repeat_of"] == joint["number"]


def test_they_and_the_petitioner_are_corrected_apart(town: Town):
    """Neither leaves with the other's correction; nobody is left where the list is empty."""
    matter = {**MATTER, "title": "路灯不亮", "body": "村道路灯半年不亮,夜间行人跌倒。"}
    number = town.register(**matter, petitioner=LI)["number"]
    assert "co_signers" not in content_of(town, number)
    corrected(town, number, co_signers=[WU], headcount=2)
    corrected(town, number, petitioner={**LI, "address": "三组"})
    kept = content_of(town, number)
    assert (kept["petitioner"]["address"], kept["co_signers"]) == ("三组", [WU])
    corrected(town, number, co_signers=[])
    assert "co_signers" not in content_of(town, number)
