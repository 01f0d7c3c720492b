"""What a fact states, as a Chinese reader reads it: no code, no id, no clock but Beijing's."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.audit.gateways.page_codes import code_in_words
from services.audit.gateways.page_words import NAMES

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
NONE: Final = "无"
UNKNOWN: Final = "未载明"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(_DAY.pattern + r"T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})")
# A UUID, with a letter before it where it is a dispute's; or a digest, with the number before it
# where it is a mark (ADR 11).
_UUID: Final = r"([A-Z]-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID: Final = re.compile(rf"([0-9A-Z-]+\.)?[0-9a-f]{{64}}|{_UUID}")
# What people have written, and names that somebody chose: as they stand.
_VERBATIM: Final = frozenset(
    {"reason", "category", "document", "reply_document", "previous_document", "external_number"}
    | {"calendar", "policy", "version"}
)
_RANKS: Final = {name: rank for rank, name in enumerate(NAMES)}
_COUNTED: Final = {"kept_out": "{} 名", "petition_ids": "{} 件"}

Line = tuple[str, str]


def instant_of(text: object) -> datetime | None:
    """Return an instant in Beijing time; None for what is none."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(SHANGHAI)
    except (ValueError, OverflowError):
        return None


def day_of(text: object) -> date | None:
    """Return a day; None for what is none."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_in_words(day: date) -> str:
    """Return a day in the Chinese form."""
    return f"{day.year}年{day.month}月{day.day}日"


def instant_in_words(at: datetime) -> str:
    """Return an instant to the minute."""
    return f"{day_in_words(at)} {at:%H:%M}"


def stated(kind: str, data: Mapping[str, Any]) -> Iterator[Line]:
    """Yield word and value of each member of a fact that says something to a reader.

    Args:
        kind: of the fact, its type without the version.
    """
    for name, value in _in_order(data):
        if _says_something(value) and (name in _COUNTED or not _is_id(value)):
            yield name_in_words(name, kind), in_words(name, kind, value)


def set_aside(kind: str, data: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the ids and digests of a fact, wherever they are in it: for a program, not a reader."""
    for name, value in data.items():
        if _says_something(value) and _is_id(value):
            yield name_in_words(name, kind), _listed(value)
        elif isinstance(value, Mapping):
            yield from set_aside(name, value)


def name_in_words(name: str, within: str) -> str:
    """Return the word for a member; one that is not known here by its name."""
    return NAMES.get(f"{within}/{name}") or NAMES.get(name, name)


def in_words(name: str, within: str, value: object) -> str:
    """Return a value as a reader reads it.

    Args:
        name: of the member that has it.
        within: the kind of fact, or the member, that it is part of.
    """
    match value:
        case bool():
            return "是" if value else "否"
        case str() if value:
            return code_in_words(name, within, value) or _text(name, value)
        case [*each] if name in _COUNTED:
            return _COUNTED[name].format(len(each))
        case [*each] if each:
            return "、".join(in_words(name, within, one) for one in each)
        case Mapping() if value:
            return _joint(value).join(_members(name, within, value))
    return str(value) if _says_something(value) else NONE


def _in_order(members: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return members as a reader wants them; points of time in the order of time."""
    if _are_instants(members):
        return sorted(members.items(), key=lambda member: str(member[1]))
    return sorted(members.items(), key=lambda member: _RANKS.get(member[0], len(_RANKS)))


def _are_instants(members: Mapping[str, Any]) -> bool:
    return all(map(instant_of, members.values()))


def _joint(members: Mapping[str, Any]) -> str:
    """Return what stands between members; points of time stand one below the other."""
    return "\n" if _are_instants(members) else "；"


def _says_something(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _is_id(value: object) -> bool:
    match value:
        case str():
            return _ID.fullmatch(value) is not None
        case [*each]:
            return all(_is_id(one) for one in each)
    return False


def _listed(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(name: str, value: str) -> str:
    if name in _VERBATIM:
        return value
    if at := instant_of(value):
        return instant_in_words(at)
    return day_in_words(day) if (day := day_of(value)) else value


def _members(name: str, within: str, value: Mapping[str, Any]) -> Iterator[str]:
    """Yield what lies inside of a member: codes to values, or members of its own.

    Of people to the ids of what they were told, the people.
    """
    of_ids = all(map(_is_id, value.values()))
    for key, each in _in_order(value):
        word = code_in_words(name, within, key)
        if of_ids:
            yield word or key
        elif word:
            yield f"{word}：{in_words(name, within, each)}"
        elif not _is_id(each):
            yield f"{name_in_words(key, name)}：{in_words(key, name, each)}"
