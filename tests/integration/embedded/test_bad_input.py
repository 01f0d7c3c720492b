"""Bad input of every kind to every method: a code, a field, no trace in the log."""

import uuid
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.identity import (
    ALGORITHM,
    AUDIENCE,
    ISSUER,
    ROLES,
    TokenIssuer,
    development_key,
    thumbprint,
)
from contracts.failures import CODES, Failure
from contracts.fields import PUBLISHED
from contracts.rpc import METHODS
from contracts.rpc.course import STEP_METHODS
from statute.course import STEPS
from tests.contract.published import EXAMPLES, read
from tests.integration.embedded.conftest import OFFICE, Town, registration

UNKNOWN = "XF-330424-20261123-000017-X"
DOCUMENT = "海信函〔2026〕1号"


def shown(path: str, **changes: Any) -> dict[str, Any]:
    """Return a request as the contract's example has it."""
    request: dict[str, Any] = read(EXAMPLES / f"rpc/{path}.json")["request"]
    return {**request, **changes}


# A good call of each method, but for a petition that is not there.
GOOD: dict[str, dict[str, Any]] = {
    "intake.register": registration(),
    "intake.register_many": {"items": [registration()]},
    "intake.petition": {"number": UNKNOWN},
    "intake.status": {"number": UNKNOWN, "query_code": "ABCDEFGHIJ"},
    "intake.search": {"limit": 5},
    "intake.repeat_proposals": {"office": OFFICE},
    "intake.link_repeat": {
        "request_id": "bad-input-9",
        "number": UNKNOWN,
        "repeat_of": UNKNOWN,
        "reason": "同一事项",
    },
    "intake.decline_repeat": {
        "request_id": "bad-input-10",
        "number": UNKNOWN,
        "reason": "诉求不同",
    },
    "intake.unlink_repeat": {
        "request_id": "bad-input-11",
        "number": UNKNOWN,
        "reason": "诉求不同",
        "document": DOCUMENT,
    },
    "intake.registration": {"number": UNKNOWN},
    "intake.name_accused": shown("intake.name_accused", number=UNKNOWN),
    "intake.correct": shown("intake.correct", number=UNKNOWN),
    "intake.withdraw": shown("intake.withdraw", number=UNKNOWN),
    "responsibility.correct_step": shown("responsibility.correct_step", number=UNKNOWN),
    "responsibility.receive": {"request_id": "bad-input-1", "number": UNKNOWN, "leader": "L1"},
    "responsibility.owner_of": {"number": UNKNOWN},
    "responsibility.set_roster": {
        "request_id": "bad-input-2",
        "office": OFFICE,
        "lines": [{"day": "2026-12-01", "leader": "L1"}],
        "document": DOCUMENT,
    },
    "responsibility.on_duty": {"office": OFFICE},
    "responsibility.open_list": {"office": OFFICE},
    "responsibility.caseload": {"owner": "L1"},
    "responsibility.succeed": {
        "request_id": "bad-input-3",
        "number": UNKNOWN,
        "to": "L2",
        "ground": "left_post",
        "document": DOCUMENT,
    },
    "responsibility.recuse": {
        "request_id": "bad-input-4",
        "number": UNKNOWN,
        "to": "L2",
        "ground": "direct_interest",
        "document": DOCUMENT,
    },
    "responsibility.rule": {
        "request_id": "bad-input-5",
        "number": UNKNOWN,
        "dispute_id": "D-1",
        "ruling": "rejected",
        "reason": "无据",
        "document": DOCUMENT,
    },
    "responsibility.close": {
        "request_id": "bad-input-6",
        "number": UNKNOWN,
        "outcome": "settled",
    },
    "responsibility.reply": {
        "request_id": "bad-input-8",
        "number": UNKNOWN,
        "document": DOCUMENT,
    },
    "responsibility.reopen": {
        "request_id": "bad-input-7",
        "number": UNKNOWN,
        "reason": "新情况",
        "document": DOCUMENT,
    },
    **{method.path: shown(method.path, number=UNKNOWN) for method in STEP_METHODS.values()},
    "responsibility.course_of": {"number": UNKNOWN},
    "responsibility.terms": {"office": OFFICE},
    "responsibility.explain": {"number": UNKNOWN, "term": "handling"},
    "responsibility.to_supervise": {"limit": 5},
    "responsibility.import_calendar": shown("responsibility.import_calendar"),
    **{path: shown(path) for path in METHODS if path.startswith("notify.")},
    "notify.reminders": {"limit": 5},
    "audit.replay": {"number": UNKNOWN},
    "audit.export": {"number": UNKNOWN},
    "audit.absence": {"petition_id": "00000000-0000-0000-0000-000000000000"},
    "audit.deeds": {"actor": "L1"},
    "audit.looks": {"number": UNKNOWN},
    "audit.standings": {"limit": 5},
    "audit.checkpoint": {},
    "audit.leaves": {"limit": 5},
    "audit.receipts": {"positions": [0]},
    "audit.feed": {"limit": 5},
    "audit.matters": {"limit": 5},
    **{
        f"{service}.log": {"after": 0}
        for service in ("intake", "responsibility", "notify", "audit")
    },
    **{
        f"{service}.parked": {"limit": 5}
        for service in ("intake", "responsibility", "notify", "audit")
    },
    **{
        f"{service}.redrive": {"subject": "no-such-petition"}
        for service in ("intake", "responsibility", "notify", "audit")
    },
    **{f"{service}.health": {} for service in ("intake", "responsibility", "notify", "audit")},
}


def telling_apart() -> set[str]:
    """Return steps of the course that have among them everything that any step has stated.

    All are made from one table, each field by its name: what is checked of a field in one request
    is so in the others.
    """
    chosen, seen = set[str](), set[str]()
    for code, method in STEP_METHODS.items():
        if not set(STEPS[code].takes) <= seen:
            seen |= set(STEPS[code].takes)
            chosen.add(method.path)
    return chosen


ALIKE = {method.path for method in STEP_METHODS.values()} - telling_apart()
VARIED = {path: given for path, given in GOOD.items() if path not in ALIKE}
# With a query code: whoever guesses numbers learns nothing from the refusal.
BY_CODE = {"intake.status", "intake.withdraw"}
BY_NUMBER = [path for path, given in GOOD.items() if "number" in given and path not in BY_CODE]
PROTECTED = [path for path, method in METHODS.items() if method.roles]


def refusal(town: Town, path: str, given: dict[str, Any], token: str | None = None) -> Failure:
    """Call a method that must refuse, and return the refusal; nothing may be left in any log."""
    before = town.heads_at_rest()
    caller = town.caller("K1", sorted(ROLES)) if token is None else town.caller_with(token)
    service, _, name = path.partition(".")
    with pytest.raises(Failure) as refused:
        caller.call(service, name, **given)
    assert refused.value.code in CODES
    assert refused.value.code != "internal"
    assert "Traceback" not in str(refused.value.fields)
    assert town.heads() == before
    return refused.value


def test_every_method_is_tried() -> None:
    assert set(GOOD) == set(METHODS)


@pytest.mark.parametrize("path", sorted(METHODS))
def test_unknown_fields_are_named(town: Town, path: str) -> None:
    failure = refusal(town, path, {**GOOD[path], "surprise": 1})
    assert failure.code == "bad_value"
    assert "surprise" in failure.fields


@pytest.mark.parametrize(
    ("path", "name"), [(p, n) for p in sorted(VARIED) for n in GOOD[p] if n != "limit"]
)
@pytest.mark.parametrize(
    "wrong", [12.5, {"a": []}, "x" * 200_001, "\ud800", "a\x00b"], ids=range(5)
)
def test_wrong_values_are_named(town: Town, path: str, name: str, wrong: Any) -> None:
    failure = refusal(town, path, {**GOOD[path], name: wrong})
    assert failure.code == "bad_value"
    assert any(field.startswith(name) for field in failure.fields)


PATTERNS = [
    (path, name)
    for path, given in sorted(VARIED.items())
    for name in given
    if name in {"number", "request_id", "office", "leader", "owner", "to"}
]
WORDS = [
    (path, name)
    for path, given in sorted(VARIED.items())
    for name in given
    if name in {"category", "title", "body", "document", "reason"}
]


@pytest.mark.parametrize(("path", "name"), PATTERNS)
@pytest.mark.parametrize("end", ["\n", "\r\n", " "], ids=range(3))
def test_what_follows_a_code_is_named(town: Town, path: str, name: str, end: str) -> None:
    """In Python a line feed at the end would pass every pattern."""
    failure = refusal(town, path, {**GOOD[path], name: GOOD[path][name] + end})
    assert (failure.code, list(failure.fields)) == ("bad_value", [name])


@pytest.mark.parametrize(("path", "name"), WORDS)
@pytest.mark.parametrize("blank", ["", " ", "\t\n\u3000"], ids=range(3))
def test_blank_words_are_named(town: Town, path: str, name: str, blank: str) -> None:
    failure = refusal(town, path, {**GOOD[path], name: blank})
    assert (failure.code, failure.fields) == ("bad_value", {name: "is blank"})


@pytest.mark.parametrize(("path", "name"), [pair for pair in WORDS if pair[1] in PUBLISHED])
@pytest.mark.parametrize(
    "number",
    ["13900000002", "+86 139 0000 0002", "１３９-0000-0002", "330424194001019991"],
)
def test_personal_numbers_in_published_words_are_named(
    town: Town, path: str, name: str, number: str
) -> None:
    failure = refusal(town, path, {**GOOD[path], name: f"王某,{number}不满意"})
    assert (failure.code, list(failure.fields)) == ("bad_value", [name])


@pytest.mark.parametrize(
    "document",
    ["D-dcf148a3-fd04-4d3c-892e-f14961857071", "海信函〔2026〕13号", "330424202611250017"],
)
def test_other_long_numbers_may_stand_in_published_words(town: Town, document: str) -> None:
    given = {**GOOD["responsibility.reply"], "document": document}
    assert refusal(town, "responsibility.reply", given).code == "petition_unknown"


TIMES = [
    (path, field.name)
    for path, method in sorted(METHODS.items())
    if path in VARIED
    for field in msgspec.structs.fields(method.request)
    if "datetime" in str(field.type)
]


@pytest.mark.parametrize(("path", "name"), TIMES)
@pytest.mark.parametrize(
    "edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1899-12-31T00:00:00Z"]
)
def test_times_that_no_calendar_here_knows_are_named(
    town: Town, path: str, name: str, edge: str
) -> None:
    failure = refusal(town, path, {**GOOD[path], name: edge})
    assert (failure.code, list(failure.fields)) == ("bad_value", [name])


PLACES = [
    (path, "after")
    for path in sorted(METHODS)
    if "after" in METHODS[path].request.__struct_fields__
]


@pytest.mark.parametrize(("path", "name"), [*PLACES, ("audit.receipts", "positions")])
def test_a_place_that_no_log_will_ever_reach_is_named(town: Town, path: str, name: str) -> None:
    """No database here has a number for it."""
    beyond = 2**63
    failure = refusal(town, path, {name: beyond if name == "after" else [beyond]})
    assert (failure.code, [field[: len(name)] for field in failure.fields]) == ("bad_value", [name])


@pytest.mark.parametrize("path", ["audit.feed", "audit.leaves"])
@pytest.mark.parametrize("beyond", [1, 99_999_999_999, 2**63 - 1])
def test_a_place_beyond_the_ledger_is_named_with_its_size(
    town: Town, path: str, beyond: int
) -> None:
    """Who goes on from it would miss all up to there: it was given before a restore."""
    town.heads_at_rest()
    service, _, method = path.partition(".")
    size = town.caller("K1", sorted(ROLES)).call(service, method, limit=1)["size"]
    failure = refusal(town, path, {"after": min(size + beyond, 2**63 - 1)})
    assert (failure.code, list(failure.fields)) == ("bad_value", ["after"])
    assert f"has {size} leaves" in failure.fields["after"]


@pytest.mark.parametrize("service", ["intake", "responsibility", "notify", "audit"])
def test_behind_the_head_of_a_log_is_nothing(town: Town, service: str) -> None:
    """A service that has applied more than a log that was put back has goes on with the others."""
    caller = town.caller("S1", ["service"], "")
    answer = caller.call(service, "log", after=99_999_999_999)
    assert (answer["events"], answer["head"] < 99_999_999_999) == ([], True)


@pytest.mark.parametrize("path", ["intake.search", "notify.reminders"])
def test_a_cursor_beyond_all_positions_is_none_of_ours(town: Town, path: str) -> None:
    cursor = urlsafe_b64encode(b"[99999999999999999999999999]").decode()
    assert "cursor" in refusal(town, path, {"cursor": cursor}).fields


@pytest.mark.parametrize(
    "path", [p for p in sorted(METHODS) if METHODS[p].request.__struct_fields__]
)
def test_missing_fields_are_named(town: Town, path: str) -> None:
    required = [n for n in GOOD[path] if n in _required(path)]
    for name in required:
        failure = refusal(town, path, {k: v for k, v in GOOD[path].items() if k != name})
        assert failure.code == "bad_value"
        assert name in failure.fields


@pytest.mark.parametrize("path", BY_NUMBER)
def test_unknown_numbers_are_told(town: Town, path: str) -> None:
    assert refusal(town, path, GOOD[path]).code == "petition_unknown"


def signed(town: Town, claims: dict[str, Any]) -> str:
    """Sign what our own issuer would not."""
    key, _ = development_key(town.installation.surroundings.home / "keys" / "development.pem")
    now = datetime.now(UTC)
    whole = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + timedelta(hours=1), **claims}
    return jwt.encode(
        whole, key, algorithm=ALGORITHM, headers={"kid": thumbprint(key.public_key())}
    )


class TestTokens:
    @pytest.mark.parametrize("path", PROTECTED)
    def test_none(self, town: Town, path: str) -> None:
        assert refusal(town, path, GOOD[path], token="").code == "token_missing"

    @pytest.mark.parametrize("path", [p for p in PROTECTED if p in VARIED])
    def test_forged(self, town: Town, path: str) -> None:
        good = town.installation.issuer.issue("K1", ["clerk"], OFFICE)
        head, _, signature = good.split(".")
        claims = jwt.utils.base64url_encode(b'{"sub":"L1","roles":["leader"],"office":""}').decode()
        forged = f"{head}.{claims}.{signature}"
        assert refusal(town, path, GOOD[path], token=forged).code == "token_invalid"

    @pytest.mark.parametrize("path", [p for p in PROTECTED if p in VARIED])
    def test_expired(self, town: Town, path: str) -> None:
        old = town.installation.issuer.issue("K1", ["clerk"], OFFICE, valid_for_s=-60)
        assert refusal(town, path, GOOD[path], token=old).code == "token_expired"

    @pytest.mark.parametrize("path", [p for p in PROTECTED if p in VARIED])
    def test_foreign(self, town: Town, path: str) -> None:
        issuer = TokenIssuer(Ed25519PrivateKey.generate(), lambda: datetime.now(UTC))
        foreign = issuer.issue("K1", ["clerk"], OFFICE)
        assert refusal(town, path, GOOD[path], token=foreign).code == "token_foreign"

    @pytest.mark.parametrize("path", [p for p in PROTECTED if p in VARIED])
    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": "张三"},
            {"sub": "L9\n"},
            {"sub": ""},
            {"office": "33"},
            {"office": "330424-01\n"},
        ],
        ids=range(5),
    )
    def test_of_claims_that_nobody_can_have(
        self, town: Town, path: str, claims: dict[str, str]
    ) -> None:
        """Signed by an identity provider of one's own, which may sign anything."""
        token = signed(town, {"sub": "K1", "roles": sorted(ROLES), "office": OFFICE, **claims})
        assert refusal(town, path, GOOD[path], token=token).code == "token_invalid"

    @pytest.mark.parametrize("path", PROTECTED)
    def test_without_the_role(self, town: Town, path: str) -> None:
        other = sorted(ROLES - METHODS[path].roles)
        if not other:
            return
        token = town.installation.issuer.issue("K1", other[:1], OFFICE)
        assert refusal(town, path, GOOD[path], token=token).code == "role_not_allowed"


class TestRegistration:
    def test_a_region_that_does_not_exist(self, town: Town) -> None:
        failure = refusal(town, "intake.register", registration(office="993042-01"))
        assert "office" in failure.fields

    def test_another_countys_office(self, town: Town) -> None:
        failure = refusal(town, "intake.register", registration(office="330726-01"))
        assert failure.code == "office_not_allowed"

    def test_a_history_as_of_a_time_to_come(self, town: Town) -> None:
        asked = {"number": UNKNOWN, "as_of": "2199-01-01T00:00:00Z"}
        assert refusal(town, "audit.replay", asked).code == "in_the_future"

    @pytest.mark.parametrize("path", ["audit.absence", "audit.looks"])
    def test_what_names_nothing(self, town: Town, path: str) -> None:
        failure = refusal(town, path, {})
        assert (failure.code, list(failure.fields)) == ("bad_value", ["number"])

    def test_an_absence_that_is_named_twice(self, town: Town) -> None:
        given = {**GOOD["audit.absence"], "number": UNKNOWN}
        assert list(refusal(town, "audit.absence", given).fields) == ["number"]

    def test_standings_of_a_time_to_come(self, town: Town) -> None:
        asked = {"as_of": "2199-01-01T00:00:00Z"}
        assert refusal(town, "audit.standings", asked).code == "in_the_future"

    def test_a_time_to_come(self, town: Town) -> None:
        later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        failure = refusal(town, "intake.register", registration(occurred_at=later))
        assert (failure.code, list(failure.fields)) == ("in_the_future", ["occurred_at"])

    def test_a_time_without_offset(self, town: Town) -> None:
        given = registration(occurred_at="2026-10-09T09:30:00")
        assert "occurred_at" in refusal(town, "intake.register", given).fields

    def test_more_than_five_representatives(self, town: Town) -> None:
        given = registration(representatives=[{"name": f"代表{n}"} for n in range(6)], headcount=9)
        assert "representatives" in refusal(town, "intake.register", given).fields

    def test_more_than_a_hundred_co_signers(self, town: Town) -> None:
        signers = [{"name": f"联名{n}"} for n in range(101)]
        given = registration(co_signers=signers, headcount=102)
        assert "co_signers" in refusal(town, "intake.register", given).fields

    def test_an_original_with_a_wrong_character(self, town: Town) -> None:
        given = registration(repeat_of=UNKNOWN[:-1] + "A")
        assert refusal(town, "intake.register", given).code == "number_malformed"

    def test_an_original_that_is_not_there(self, town: Town) -> None:
        assert refusal(town, "intake.register", registration(repeat_of=UNKNOWN)).code == (
            "original_unknown"
        )

    def test_a_long_letter_with_emoji_is_taken(self, town: Town) -> None:
        body = "我家的电梯😀\n" * 6_000
        number = town.register(body=body, title="长信")["number"]
        found = town.caller("K1", ["clerk"]).call("intake", "petition", number=number, content=True)
        assert found["content"]["body"] == body


class TestRegisterMany:
    def test_one_bad_item_is_refused_by_its_index_and_the_others_stand(self, town: Town) -> None:
        items = [
            registration(title="第一"),
            registration(title="坏\x00"),
            registration(occurred_at="昨天"),
            {"title": "不全"},
            registration(repeat_of=UNKNOWN),
            registration(title="最后"),
        ]
        answer = town.caller("K1", ["clerk"]).call("intake", "register_many", items=items)
        assert [item["index"] for item in answer["registered"]] == [0, 5]
        assert [item["index"] for item in answer["refused"]] == [1, 2, 3, 4]
        assert "title" in answer["refused"][0]["fields"]
        serials = [int(i["petition"]["number"].split("-")[3]) for i in answer["registered"]]
        assert serials[1] == serials[0] + 1

    def test_items_that_are_no_petitions_are_refused_by_their_index(self, town: Town) -> None:
        items = [
            registration(title="好的"),
            3,
            None,
            registration(occurred_at="0001-01-01T00:00:00+14:00"),
        ]
        answer = town.caller("K1", ["clerk"]).call("intake", "register_many", items=items)
        assert [item["index"] for item in answer["registered"]] == [0]
        assert [item["index"] for item in answer["refused"]] == [1, 2, 3]

    def test_more_than_a_thousand_are_refused(self, town: Town) -> None:
        given = {"items": [{"title": str(n)} for n in range(1_001)]}
        assert refusal(town, "intake.register_many", given).code == "too_many"

    def test_the_same_item_twice_is_registered_once(self, town: Town) -> None:
        item = registration(title="两次", request_id=str(uuid.uuid4()))
        answer = town.caller("K1", ["clerk"]).call("intake", "register_many", items=[item, item])
        numbers = {registered["petition"]["number"] for registered in answer["registered"]}
        assert len(answer["registered"]) == 2
        assert len(numbers) == 1


def _required(path: str) -> set[str]:
    return {field.name for field in msgspec.structs.fields(METHODS[path].request) if field.required}
