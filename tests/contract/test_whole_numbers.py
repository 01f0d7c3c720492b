"""Events hold whole numbers only, so that their canonical form is the same in every language.

RFC 8785 writes fractions as JavaScript does, which few encoders do; see ADR 14.
"""

import pytest

from tests.contract.published import SCHEMAS, read

EVENTS = sorted(path.name for path in (SCHEMAS / "events").glob("*.json"))


def types_in(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(types_in, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = schema.get("type")
    named = {own} if isinstance(own, str) else set(own) if isinstance(own, list) else set()
    return named.union(*map(types_in, schema.values()))


@pytest.mark.parametrize("name", EVENTS)
def test_no_event_holds_a_fraction(name: str):
    assert "number" not in types_in(read(SCHEMAS / "events" / name))
