"""What can be called, in a table: from the contracts, so it is always what the services take."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from contracts.rpc import METHODS
from contracts.rpc.method import Method


def methods_table() -> Table:
    """Return every method with what it is for."""
    table = new_table("method", "what it is for")
    for path, method in sorted(METHODS.items()):
        table.add_row(path, method.doc)
    return table


def explained(method: Method[Any, Any]) -> Group:
    """Return what a method is for, who may call it, and what it takes."""
    roles = ", ".join(sorted(method.roles)) or "anybody, without a token"
    lines = f"{method.path}: {method.doc}\nWho may call it: {roles}\n"
    fields = new_table("field", "needed", "form")
    for row in _fields(method.request):
        fields.add_row(*row)
    return Group(Text(lines), fields)


def _fields(request: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    (schema,), components = msgspec.json.schema_components([request], ref_template="{name}")
    shape = components[schema["$ref"]]
    for name, field in shape["properties"].items():
        yield name, "yes" if name in shape.get("required", ()) else "", _form(field)


def _form(field: Mapping[str, Any]) -> str:
    """Return a JSON Schema in a few words."""
    if "anyOf" in field:
        return " or ".join(_form(choice) for choice in field["anyOf"])
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if field.get("type") == "array":
        return f"list of {_form(field['items'])}"
    words = field.get("format") or field.get("pattern") or field.get("type")
    return str(words or field.get("$ref", "anything"))


def new_table(*headings: str) -> Table:
    """Return a table without lines."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
