"""The samples that ship with the project: petitions, and the people and rosters they need."""

import csv
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

SAMPLES: Final = Path(__file__).parent / "samples"

Row = Mapping[str, str]


def read(name: str) -> list[Row]:
    """Return the rows of a sample file."""
    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class People:
    """Who works where, by staff number and office code."""

    @cached_property
    def _by_number(self) -> dict[str, Row]:
        return {row["staff_number"]: row for row in self._staff}

    @cached_property
    def _staff(self) -> list[Row]:
        return read("leaders")

    @cached_property
    def offices(self) -> list[str]:
        """Codes of all offices."""
        return [row["office"] for row in read("offices")]

    def named(self, staff: str) -> str:
        """Return name and staff number, the number alone for somebody unknown."""
        known = self._by_number.get(staff)
        return f"{known['name']} {staff}" if known else staff

    def titled(self, staff: str) -> str:
        """Return role and name, the staff number for somebody unknown."""
        known = self._by_number.get(staff)
        return f"{known['role'].replace('_', ' ')} {known['name']}" if known else staff

    def leaders_of(self, office: str) -> list[str]:
        """Return the leaders of an office and, behind them, those of its county's others."""
        leaders = [row for row in self._staff if row["role"] == "leader"]
        county = [row for row in leaders if row["office"][:6] == office[:6]]
        ordered = sorted(county, key=lambda row: row["office"] != office)
        return [row["staff_number"] for row in ordered]

    def clerk_of(self, office: str) -> str:
        """Return a clerk of an office, one of the county's petition office where it has none."""
        clerks = [row for row in self._staff if row["role"] == "clerk"]
        county = [row for row in clerks if row["office"][:6] == office[:6]]
        return min(county, key=lambda row: row["office"] != office)["staff_number"]

    def handler_of(self, office: str) -> str:
        """Return a handler of the office's county."""
        return next(
            row["staff_number"]
            for row in self._staff
            if row["role"] == "handler" and row["office"][:6] == office[:6]
        )

    def head_of(self, office: str) -> str:
        """Return the head of an office."""
        return next(row["head"] for row in read("offices") if row["office"] == office)


def registration(row: Row, numbers: Mapping[str, str]) -> dict[str, Any]:
    """Return a sample row as the arguments of `intake.register`.

    Args:
        numbers: key of each row registered before to the number that it was given.
    """
    given = {
        "request_id": f"demo-{row['key']}-register",
        "office": row["office"],
        "channel": row["channel"],
        "petition_class": row["class"],
        "category": row["category"],
        "title": row["title"],
        "body": row["body"],
        "place": row["place"],
        # From the receipt on the office's first step is due; a visit is received where it begins.
        "occurred_at": row["occurred_at"] if row["received_by"] else row["received_at"],
        "petitioner": {
            "name": row["petitioner_name"],
            "phone": row["petitioner_phone"],
            "id_number": row["petitioner_id_number"],
            "address": row["petitioner_address"],
        },
        "representatives": json.loads(row["representatives"] or "[]"),
        "headcount": max(int(row["headcount"] or 1), 1),
        "accused": [row["accused"]] if row["accused"] else [],
        "external_number": row["external_number"],
    }
    if row["agent_name"]:
        given["agent"] = {"name": row["agent_name"]}
    if row["repeat_of"]:
        given["repeat_of"] = numbers[row["repeat_of"]]
    return given
