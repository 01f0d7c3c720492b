"""What types and their fields mean, as their docstrings say it.

A field is described by the first of: its entry under `Attributes:` in the docstring of its class
or of a class above it, the description of its type, `contracts.fields.MEANINGS`.
"""

import re
from inspect import cleandoc
from typing import Any, Final

from contracts.fields import MEANINGS

_ENTRY: Final = re.compile(r"^ *(?P<names>[a-z_]+(?:, [a-z_]+)*): ", re.MULTILINE)


def summary_of(type_: type) -> str:
    """Return what a class is for, without its `Attributes:`; empty where it does not say."""
    return _one_line(_docstring(type_).partition("Attributes:")[0])


def meanings_of(type_: type) -> dict[str, str]:
    """Return field to meaning, for the fields that the docstrings explain."""
    meanings: dict[str, str] = {}
    for class_ in reversed(type_.__mro__):
        meanings.update(_attributes(_docstring(class_).partition("Attributes:")[2]))
    return meanings


def describe(schema: dict[str, Any], type_: type) -> None:
    """Put the meanings of a class and of its fields into its schema."""
    schema.pop("description", None)
    if summary := summary_of(type_):
        schema["description"] = summary
    said = meanings_of(type_)
    for name, member in schema.get("properties", {}).items():
        if name in said:
            member["description"] = said[name]
        elif name in MEANINGS and not is_described(member):
            member["description"] = MEANINGS[name]


def is_described(member: dict[str, Any]) -> bool:
    """Tell whether a reader of the schema learns what a field means."""
    return "description" in member or any(map(is_described, member.get("anyOf", ())))


def _attributes(section: str) -> dict[str, str]:
    _, *parts = _ENTRY.split(section)
    entries = zip(parts[::2], parts[1::2], strict=True)
    return {name: _one_line(text) for names, text in entries for name in names.split(", ")}


def _docstring(type_: type) -> str:
    return cleandoc(type_.__dict__.get("__doc__") or "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
