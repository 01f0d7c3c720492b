"""What the contract lists is what the services answer, and refusals have written codes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.identity import ROLES
from chassis.messaging.checking import checked
from contracts.failures import CODES, Failure
from contracts.rpc import METHODS
from contracts.rpc.course import OF_THE_OWNERSHIP
from shouwen.hosting import SERVICES, load
from statute.course import STEPS

ROOT = Path(__file__).parents[2]
SOURCES = [path for part in ("chassis", "services") for path in sorted((ROOT / part).rglob("*.py"))]


def answered(service: str) -> set[str]:
    return {
        entrypoint.method.path
        for member in vars(load(service).surface).values()
        for entrypoint in getattr(member, "nameko_entrypoints", ())
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_its_methods_and_no_others(service):
    assert answered(service) == {
        path for path, method in METHODS.items() if method.service == service
    }


def test_methods_name_roles_that_there_are():
    assert {role for method in METHODS.values() for role in method.roles} <= ROLES


def codes_in(source: str) -> Iterator[str]:
    """Yield the codes of `Failure("code", …)` and of classes with `code = "code"`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="Failure"), args=[ast.Constant(value=str(code)), *_]):
                yield code
            case ast.ClassDef(body=body):
                yield from _class_codes(body)


def _class_codes(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                yield code


def test_codes_are_found_in_both_forms():
    source = (
        'class Sealed(Refusal):\n    code = "a"\n\ndef f():\n    raise Failure("b", fields={})\n'
    )
    assert sorted(codes_in(source)) == ["a", "b"]


def test_every_code_in_use_is_written_in_the_contract():
    used = {code: path.name for path in SOURCES for code in codes_in(path.read_text())}
    assert {code: where for code, where in used.items() if code not in CODES} == {}
    assert used


# What callers know of the steps of the course, which state when they happened.
NOT_DATED = [
    path
    for path, method in METHODS.items()
    if method.service == "responsibility"
    and {"request_id", "number"} <= set(method.request.__struct_fields__)
    and "happened_at" not in method.request.__struct_fields__
]


@pytest.mark.parametrize("path", NOT_DATED)
def test_what_is_not_dated_so_says_what_to_do_instead(path: str):
    """A reply by when it was delivered, a reception by when it was received, a closure not."""
    shape = METHODS[path].request
    with pytest.raises(Failure) as refused:
        checked({"happened_at": "2026-11-24T04:00:00Z"}, shape)
    told = refused.value.fields["happened_at"]
    assert told.startswith("is unknown; ")
    *_, field = told.split(" as ")
    assert field == told or field in shape.__struct_fields__


def test_a_step_says_so_where_it_is_dated_as_a_reply_is():
    for step in STEPS.keys() - OF_THE_OWNERSHIP:
        with pytest.raises(Failure) as refused:
            checked(
                {"delivered_at": "2026-11-24T04:00:00Z"}, METHODS[f"responsibility.{step}"].request
            )
        assert refused.value.fields["delivered_at"].endswith("as happened_at")


def test_what_nobody_takes_a_request_to_have_is_unknown():
    """And what is missing is no field to state by another name."""
    shape = METHODS["responsibility.reply"].request
    for values, told in (({"happend_at": 1}, "is unknown"), ({}, "is missing")):
        with pytest.raises(Failure) as refused:
            checked(values, shape)
        assert set(refused.value.fields.values()) == {told}


def test_a_field_to_state_instead_is_one_that_the_request_does_not_have():
    for method in METHODS.values():
        assert not {*method.request.INSTEAD} & {*method.request.__struct_fields__}
