"""The samples that ship with the product hang together and belong to nobody."""

import csv
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from importlib.resources import files

import pytest
from stdnum.iso7064 import mod_11_2

SAMPLES = files("shouwen") / "samples"
HEADERS = {
    "offices.csv": "office,region,name,head",
    "leaders.csv": "staff_number,name,title,office,role",
    "roster.csv": "office,day,leader",
    "petitions.csv": (
        "key,office,channel,class,category,title,body,place,occurred_at,petitioner_name,"
        "petitioner_phone,petitioner_id_number,petitioner_address,representatives,headcount,"
        "agent_name,accused,repeat_of,received_by,received_at,external_number,outcome_hint"
    ),
}
CHANNELS = {
    "letter",
    "visit",
    "call",
    "online",
    "qr",
    "agent",
    "reception_day",
    "transfer",
    "feed",
}
CLASSES = {"suggestion", "accusation", "appeal"}
OUTCOMES = {"", "closed", "succeeded", "recused"}
COUNTIES = {"330424", "330726", "330681", "330106", "330522"}
HOMES_OF_MIGRANTS = {"341225", "361102", "411524", "520526", "530627"}
ROLE_LETTERS = {"leader": "L", "office_head": "D", "clerk": "K", "handler": "H"}
WELL_FORMED_PHONE = re.compile(r"1540000\d{4}")
BEIJING = timedelta(hours=8)


def rows_of(name):
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def offices():
    return {row["office"]: row for row in rows_of("offices.csv")}


@pytest.fixture(scope="module")
def staff():
    return {row["staff_number"]: row for row in rows_of("leaders.csv")}


@pytest.fixture(scope="module")
def roster():
    return rows_of("roster.csv")


@pytest.fixture(scope="module")
def petitions():
    return {row["key"]: row for row in rows_of("petitions.csv")}


def people_in(petition):
    """Petitioner and representatives as a set of (name, phone)."""
    named = {(person["name"], person["phone"]) for person in representatives_of(petition)}
    return named | {(petition["petitioner_name"], petition["petitioner_phone"])}


def representatives_of(petition):
    return json.loads(petition["representatives"])


def raised_at(petition):
    return datetime.fromisoformat(petition["occurred_at"])


def received_at(petition):
    return datetime.fromisoformat(petition["received_at"])


class TestFiles:
    @pytest.mark.parametrize("name", HEADERS)
    def test_is_utf8_with_header_and_unix_line_ends(self, name):
        content = (SAMPLES / name).read_bytes()
        assert b"\r" not in content
        assert content.decode("utf-8").splitlines()[0] == HEADERS[name]

    @pytest.mark.parametrize("name", HEADERS)
    def test_every_row_has_every_column(self, name):
        width = len(HEADERS[name].split(","))
        with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
            assert {len(row) for row in csv.reader(file, strict=True)} == {width}

    @pytest.mark.parametrize(
        ("name", "identity"),
        [
            ("offices.csv", ("office",)),
            ("leaders.csv", ("staff_number",)),
            ("roster.csv", ("office", "day")),
            ("petitions.csv", ("key",)),
        ],
    )
    def test_no_row_is_named_twice(self, name, identity):
        counted = Counter(tuple(row[column] for column in identity) for row in rows_of(name))
        assert max(counted.values()) == 1


class TestOfficesAndStaff:
    def test_each_county_has_three_offices(self, offices):
        assert Counter(row["region"] for row in offices.values()) == dict.fromkeys(COUNTIES, 3)
        assert all(office.startswith(row["region"] + "-") for office, row in offices.items())

    def test_each_head_is_an_office_head_of_that_office(self, offices, staff):
        for office, row in offices.items():
            assert staff[row["head"]]["role"] == "office_head"
            assert staff[row["head"]]["office"] == office

    def test_staff_numbers_show_role_and_county(self, offices, staff):
        for number, row in staff.items():
            region = offices[row["office"]]["region"]
            assert re.fullmatch(ROLE_LETTERS[row["role"]] + region + r"\d{3}", number)


class TestRoster:
    def test_duty_falls_to_leaders_of_that_office(self, offices, staff, roster):
        for line in roster:
            assert line["office"] in offices
            assert staff[line["leader"]]["role"] == "leader"
            assert staff[line["leader"]]["office"] == line["office"]

    def test_petition_offices_and_towns_receive_on_the_fifteenth(self, offices, roster):
        on_duty = {(line["office"], line["day"]) for line in roster}
        receiving = [office for office in offices if office.endswith(("-01", "-02"))]
        for day in ("2026-10-15", "2026-11-15"):
            assert {(office, day) for office in receiving} <= on_duty

    def test_days_lie_in_october_and_november(self, roster):
        days = {date.fromisoformat(line["day"]) for line in roster}
        assert date(2026, 10, 8) <= min(days)
        assert max(days) <= date(2026, 11, 30)

    def test_some_petitions_find_nobody_on_duty(self, petitions, roster):
        """Without gaps in the roster the open list would have nothing to show."""
        on_duty = {(line["office"], line["day"]) for line in roster}
        waiting = [
            petition
            for petition in petitions.values()
            if not petition["received_by"]
            and (petition["office"], received_at(petition).date().isoformat()) not in on_duty
        ]
        assert len(waiting) >= 10


class TestPetitions:
    def test_every_channel_and_class_occurs_and_no_other(self, petitions):
        assert {row["channel"] for row in petitions.values()} == CHANNELS
        assert {row["class"] for row in petitions.values()} == CLASSES
        assert {row["outcome_hint"] for row in petitions.values()} == OUTCOMES

    def test_categories_have_two_levels(self, petitions):
        assert all(re.fullmatch(r"[^/]+/[^/]+", row["category"]) for row in petitions.values())

    def test_keys_follow_time(self, petitions):
        ordered = sorted(petitions.values(), key=lambda row: row["key"])
        assert [raised_at(row) for row in ordered] == sorted(map(raised_at, ordered))

    def test_no_text_is_used_twice(self, petitions):
        assert len({row["body"] for row in petitions.values()}) == len(petitions)
        assert all(row["title"] and row["body"] for row in petitions.values())

    def test_times_carry_the_zone_and_receipt_is_not_before_the_event(self, petitions):
        for petition in petitions.values():
            assert raised_at(petition).utcoffset() == BEIJING
            assert received_at(petition).utcoffset() == BEIJING
            assert raised_at(petition) <= received_at(petition)
            assert date(2026, 10, 8) <= raised_at(petition).date() <= date(2026, 11, 20)

    def test_receiver_is_a_leader_of_the_same_county(self, offices, staff, petitions):
        for petition in petitions.values():
            region = offices[petition["office"]]["region"]
            if petition["received_by"]:
                receiver = staff[petition["received_by"]]
                assert receiver["role"] == "leader"
                assert offices[receiver["office"]]["region"] == region

    def test_whoever_comes_in_person_is_received_by_a_leader(self, petitions):
        for petition in petitions.values():
            if petition["channel"] in {"visit", "reception_day"}:
                assert petition["received_by"]
            elif petition["channel"] != "call":
                assert not petition["received_by"]

    @pytest.mark.parametrize(
        ("column", "field", "values"),
        [
            ("agent_name", "channel", {"agent"}),
            ("accused", "class", {"accusation"}),
            ("external_number", "channel", {"transfer", "feed"}),
        ],
    )
    def test_column_is_filled_exactly_where_it_applies(self, petitions, column, field, values):
        for petition in petitions.values():
            assert bool(petition[column]) == (petition[field] in values), petition["key"]

    def test_external_numbers_differ(self, petitions):
        numbers = [row["external_number"] for row in petitions.values() if row["external_number"]]
        assert len(set(numbers)) == len(numbers)


class TestPeople:
    def test_at_most_five_speak_and_the_headcount_includes_them(self, petitions):
        for petition in petitions.values():
            speaking = representatives_of(petition)
            assert all(person.keys() == {"name", "phone"} for person in speaking)
            assert len(speaking) <= 5
            assert int(petition["headcount"]) >= max(1, len(speaking))

    def test_phones_are_from_the_fictitious_block(self, petitions):
        for petition in petitions.values():
            for name, phone in people_in(petition):
                assert name
                assert WELL_FORMED_PHONE.fullmatch(phone) or (name, phone) == ("匿名", "")

    def test_one_phone_is_one_person(self, petitions):
        people = set().union(*map(people_in, petitions.values())) - {("匿名", "")}
        assert len({phone for _, phone in people}) == len(people)

    def test_id_numbers_are_valid_and_of_the_last_sequences_of_a_day(self, petitions):
        """The 15-digit numbering before 1999 kept 996 to 999 for people over a hundred."""
        numbers = {row["petitioner_id_number"] for row in petitions.values()} - {""}
        for number in numbers:
            assert mod_11_2.is_valid(number)
            assert number[:6] in COUNTIES | HOMES_OF_MIGRANTS
            assert 1930 < datetime.strptime(number[6:14] + "+0800", "%Y%m%d%z").year < 2010
            assert 996 <= int(number[14:17]) <= 999

    def test_one_id_number_is_one_person(self, petitions):
        holders = {
            (row["petitioner_id_number"], row["petitioner_name"])
            for row in petitions.values()
            if row["petitioner_id_number"]
        }
        assert len({number for number, _ in holders}) == len(holders)

    def test_a_petitioner_lives_in_the_county_unless_a_migrant(self, offices, petitions):
        for petition in petitions.values():
            prefix = petition["petitioner_id_number"][:6]
            home = offices[petition["office"]]["region"]
            assert prefix in {"", home} | HOMES_OF_MIGRANTS


class TestRepeats:
    def test_repeat_shares_a_person_with_an_earlier_petition(self, petitions):
        for petition in petitions.values():
            if petition["repeat_of"]:
                earlier = petitions[petition["repeat_of"]]
                assert people_in(earlier) & people_in(petition)
                assert received_at(earlier) < raised_at(petition)
                assert earlier["category"] == petition["category"]

    def test_some_repeats_come_to_another_office_and_some_after_closure(self, petitions):
        repeats = [row for row in petitions.values() if row["repeat_of"]]
        earlier = [petitions[row["repeat_of"]] for row in repeats]
        elsewhere = [1 for a, b in zip(earlier, repeats, strict=True) if a["office"] != b["office"]]
        assert len(elsewhere) >= 5
        assert sum(row["outcome_hint"] == "closed" for row in earlier) >= 5

    def test_a_repeat_carries_no_outcome_of_its_own(self, petitions):
        repeats = [row for row in petitions.values() if row["repeat_of"]]
        assert not any(row["outcome_hint"] for row in repeats)
