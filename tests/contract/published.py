"""The published files as a stranger finds them: JSON on a disk."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

HOME = Path(__file__).parents[2] / "contracts"
SCHEMAS = HOME / "schemas"
EXAMPLES = HOME / "examples"
ROOT = "file:///contracts/"

formats = FormatChecker(["date"])


@formats.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def documents() -> dict[str, Any]:
    """Return path below `contracts/` to each generated document."""
    paths = [HOME / "asyncapi.json", *sorted(SCHEMAS.rglob("*.json"))]
    return {path.relative_to(HOME).as_posix(): read(path) for path in paths}


REGISTRY: Registry[Any] = Registry().with_resources(
    (ROOT + path, DRAFT202012.create_resource(document)) for path, document in documents().items()
)


def validator(reference: str) -> Draft202012Validator:
    """Return what validates against a schema, named as `schemas/x.json` or `y.json#/pointer`."""
    return Draft202012Validator(
        {"$ref": ROOT + reference}, registry=REGISTRY, format_checker=formats
    )


def stems(folder: str) -> list[str]:
    """Return the names of the examples in a folder, without `.json`."""
    return sorted(path.name.removesuffix(".json") for path in (EXAMPLES / folder).glob("*.json"))
