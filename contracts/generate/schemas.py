"""One JSON Schema (2020-12) per message, request and answer; the envelope; the failures."""

from typing import Any, Final

import msgspec

from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from contracts.failures import CODES
from contracts.fields import END
from contracts.generate.descriptions import describe, summary_of
from contracts.rpc import METHODS
from contracts.rpc.method import Method

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Return every schema under the path at which it is published."""
    published: dict[str, Schema] = {
        "envelope.json": schema_of(CloudEvent),
        "failures.json": failure_schema(),
    }
    for type_, message in MESSAGES.items():
        published[f"events/{type_}.json"] = schema_of(message, title=type_)
    for path, method in METHODS.items():
        published[f"rpc/{path}.request.json"] = request_schema(method)
        published[f"rpc/{path}.answer.json"] = schema_of(method.answer, title=f"{path}: answer")
    return published


def schema_of(type_: type[msgspec.Struct], **extra: Any) -> Schema:
    """Return the schema of a class, complete in itself."""
    (reference,), components = msgspec.json.schema_components(
        [type_], ref_template="#/$defs/{name}"
    )
    components = _with_plain_ends(components)
    for class_ in _classes(type_):
        if class_.__name__ in components:
            describe(components[class_.__name__], class_)
    own = components.pop(reference["$ref"].rpartition("/")[2])
    heading = {name: own.pop(name) for name in ("title", "description") if name in own}
    schema = {"$schema": DIALECT, **heading, **extra, **own}
    if components:
        schema["$defs"] = components
    return schema


def _with_plain_ends(schema: Any) -> Any:
    """Write ends of patterns as every engine reads them; some know no look-ahead."""
    if isinstance(schema, str):
        return schema.replace(END, "$")
    if isinstance(schema, list):
        return [_with_plain_ends(each) for each in schema]
    if isinstance(schema, dict):
        return {name: _with_plain_ends(each) for name, each in schema.items()}
    return schema


def request_schema(method: Method[Any, Any]) -> Schema:
    """Return the schema of the keyword arguments of a call, with who may make it."""
    sentences = (method.doc, summary_of(method.request))
    return schema_of(
        method.request,
        title=f"{method.path}: request",
        description=" ".join(dict.fromkeys(filter(None, sentences))),
        **{"x-roles": sorted(method.roles)},
    )


def failure_schema() -> Schema:
    """Return the schema of the `error` of an answer, which lists all codes with their meaning."""
    codes = [{"const": code, "description": meaning} for code, meaning in CODES.items()]
    value = {
        "type": "object",
        "description": "What goes with the code.",
        "properties": {
            "message": {"type": "string", "description": "A sentence for people."},
            "fields": {
                "type": "object",
                "description": "Field (dotted path, `[n]` for a position) to what is wrong with"
                " it, or facts that help, such as the owner's staff number.",
            },
        },
        "required": ["message", "fields"],
    }
    return {
        "$schema": DIALECT,
        "title": "failure",
        "description": "The `error` of an answer: the call was refused or could not be done."
        " Codes keep their meaning; new ones may be added, so take an unknown one for `internal`.",
        "type": "object",
        "properties": {
            "exc_type": {"description": "The code.", "oneOf": codes},
            "exc_path": {"type": "string", "description": "`shouwen/<code>`."},
            "exc_args": {"type": "array", "maxItems": 0, "description": "Always empty."},
            "value": value,
        },
        "required": ["exc_type", "exc_path", "exc_args", "value"],
    }


def _classes(type_: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """Return a class and all that its fields lead to."""
    found: list[type[msgspec.Struct]] = []
    waiting: list[Any] = [msgspec.inspect.type_info(type_)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in found:
            found.append(info.cls)
            waiting.extend(field.type for field in info.fields)
        waiting.extend(_inner(info))
    return found


def _inner(info: Any) -> list[Any]:
    match info:
        case msgspec.inspect.Metadata(type=inner):
            return [inner]
        case msgspec.inspect.ListType(item_type=item):
            return [item]
        case msgspec.inspect.UnionType(types=types):
            return list(types)
        case msgspec.inspect.DictType(value_type=value):
            return [value]
    return []
