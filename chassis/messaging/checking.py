"""What a call may carry: bounded depth, storable text, the shape of its request."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from contracts.failures import Failure
from contracts.fields import END, PUBLISHED, VISIBLE

DEPTH_MAX: Final = 24
NAME_SHOWN_CHARS: Final = 40
YEARS: Final = range(1900, 2200)

# Neither a digit nor a letter beside it: a UUID holds such runs now and then.
_MOBILE: Final = re.compile(r"(?<![0-9A-Za-z])(?:86)?1[3-9]\d{9}(?![0-9A-Za-z])", re.ASCII)
_IDENTITY: Final = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])", re.ASCII)
_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s-](?=\d)")
_IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NOT_STORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_PLACE: Final = re.compile(
    r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL
)
_NAMED: Final = re.compile(
    r"^Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`$"
)

Request = TypeVar("Request", bound=msgspec.Struct)


def checked(values: Mapping[str, Any], shape: type[Request]) -> Request:
    """Return the request that the values make up.

    Fields that the shape names in `EACH_ON_ITS_OWN` hold items that are checked singly later, so
    that a bad one does not spoil the others. What it does not have and names in `INSTEAD` is
    refused with what to state instead.

    Raises:
        Failure: bad_value, with the path of each field that is wrong.
    """
    if not isinstance(values, Mapping):
        raise Failure("bad_value", fields={"": "is no object"})
    later: frozenset[str] = getattr(shape, "EACH_ON_ITS_OWN", frozenset())
    now = {n: value for n, value in values.items() if n not in later or not isinstance(value, list)}
    wrong = dict(_unusable(now, ""))
    if wrong:
        raise Failure("bad_value", fields=wrong)
    try:
        request = msgspec.convert(values, shape, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        raise Failure("bad_value", fields=_located(str(error), shape)) from error
    if wrong := {**dict(_outside_years(request, "")), **dict(_too_telling(request))}:
        raise Failure("bad_value", fields=wrong)
    return request


def _unusable(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield what no store can keep: NUL is refused by PostgreSQL, a lone surrogate by UTF-8."""
    if isinstance(value, str):
        if _NOT_STORABLE.search(value):
            yield path, "holds NUL or a lone surrogate"
    elif isinstance(value, dict | list) and depth >= DEPTH_MAX:
        yield path, f"is nested deeper than {DEPTH_MAX}"
    elif isinstance(value, dict):
        for name, member in value.items():
            member_path = _joined(path, _NOT_STORABLE.sub("?", name)[:NAME_SHOWN_CHARS])
            if _NOT_STORABLE.search(name):
                yield member_path, "its name holds NUL or a lone surrogate"
            yield from _unusable(member, member_path, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unusable(item, f"{path}[{number}]", depth + 1)


def _too_telling(request: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yield published text with the number of a mobile or an identity card of China in it.

    A name cannot be told from other words; who writes is told that the text is published.
    """
    for name in PUBLISHED.intersection(request.__struct_fields__):
        if _holds_personal_number(getattr(request, name) or ""):
            yield name, "holds a mobile or identity number, and is published"


def _holds_personal_number(text: str) -> bool:
    """Look at the text as it is and without what people write between digits."""
    plain = unicodedata.normalize("NFKC", text)
    return any(
        _MOBILE.search(form) or any(map(_is_identity_number, _IDENTITY.findall(form)))
        for form in (plain, _BETWEEN_DIGITS.sub("", plain))
    )


def _is_identity_number(digits: str) -> bool:
    """Tell by the check digit of GB 11643; other numbers of eighteen digits are common."""
    weighted = sum(int(n) * w for n, w in zip(digits, _IDENTITY_WEIGHTS, strict=False))
    return "10X98765432"[weighted % 11] == digits[-1].upper()


def _outside_years(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield times that no calendar here knows; in UTC they may not even exist."""
    if isinstance(value, date):
        if value.year not in YEARS:
            yield path, f"lies outside the years {YEARS.start} to {YEARS.stop - 1}"
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _outside_years(getattr(value, name), _joined(path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _outside_years(item, f"{path}[{number}]")


def _located(complaint: str, shape: type[Request]) -> dict[str, str]:
    """Read msgspec's sentence, which ends in the place that it is about."""
    instead: Mapping[str, str] = getattr(shape, "INSTEAD", {})
    what, key, path = _PLACE.findall(complaint)[0]
    path = path.removeprefix(".")
    what = _BLANK_SAID.get(what, what).replace(_END_SAID, "")
    named = _NAMED.match(what)
    if named is not None:
        field = _joined(path, named["name"])
        wanted = instead.get(field, "") if named["what"] == UNKNOWN else ""
        return {field: "; ".join(filter(None, (_ABOUT_FIELD[named["what"]], wanted)))}
    return {path: f"its key: {what}" if key else what}


# As msgspec shows the patterns: nobody should have to read them.
_BLANK_SAID: Final = {f"Expected `str` matching regex {VISIBLE!r}": "is blank"}
_END_SAID: Final = repr(END)[2:-1]
UNKNOWN: Final = "contains unknown"
_ABOUT_FIELD: Final = {"missing required": "is missing", UNKNOWN: "is unknown"}


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
