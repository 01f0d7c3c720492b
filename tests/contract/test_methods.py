"""What the contract lists is what the services answer, and refusals have written codes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.identity import ROLES
from contracts.failures import CODES
from contracts.rpc import METHODS
from shouwen.hosting import SERVICES, load

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
