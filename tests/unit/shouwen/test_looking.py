"""Lists that an auditor asks for page by page."""

from typing import Any

from shouwen.looking import all_pages


def test_all_pages_are_of_one_instant():
    """Cases that change while they are read would otherwise stand in one list at two instants."""
    asked: list[Any] = []

    def ask(_service: str, _method: str, given: Any) -> Any:
        asked.append(given)
        instant = given.get("as_of", f"2026-11-24T04:00:0{len(asked)}Z")
        following = "behind" if len(asked) < 3 else ""
        return {"as_of": instant, "items": [{"n": len(asked)}], "next_cursor": following}

    items = list(all_pages(ask, "standings", {"region": "33"}))
    assert items == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert "as_of" not in asked[0]
    assert {each["as_of"] for each in asked[1:]} == {"2026-11-24T04:00:01Z"}
    assert {each["region"] for each in asked} == {"33"}


def test_what_has_no_instant_is_asked_for_none():
    asked: list[Any] = []

    def ask(_service: str, _method: str, given: Any) -> Any:
        asked.append(given)
        return {"items": [], "next_cursor": "behind" if len(asked) < 2 else ""}

    assert list(all_pages(ask, "deeds", {"actor": "L1"})) == []
    assert [set(each) for each in asked] == [{"actor", "cursor", "limit"}] * 2
