"""The published schemas are what the types say, and say what the fields mean."""

import os
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from contracts.events import MESSAGES
from contracts.failures import CODES
from contracts.generate.__main__ import HOME, differing, published, write
from contracts.generate.descriptions import is_described
from contracts.rpc import METHODS
from tests.contract.published import SCHEMAS, documents, read

schemas = {path: document for path, document in documents().items() if path != "asyncapi.json"}


def test_files_are_what_the_types_say():
    """When this fails, run `make contracts` and look at the difference before committing it."""
    assert differing(published(), HOME) == []


def test_the_check_names_what_is_missing_changed_and_left_over(tmp_path):
    wanted = {"schemas/a.json": "{}\n", "schemas/rpc/b.json": "{}\n", "asyncapi.json": "{}\n"}
    assert write(wanted, tmp_path) == sorted(wanted)
    assert differing(wanted, tmp_path) == []
    (tmp_path / "schemas/a.json").unlink()
    (tmp_path / "schemas/rpc/b.json").write_text("{ }\n")
    (tmp_path / "schemas/old.json").write_text("{}\n")
    wrong = ["schemas/a.json", "schemas/old.json", "schemas/rpc/b.json"]
    assert differing(wanted, tmp_path) == wrong
    write(wanted, tmp_path)
    assert differing(wanted, tmp_path) == []


@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_run_writes_the_same_bytes(seed):
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "contracts.generate", "--check"]
    run = subprocess.run(
        command, cwd=HOME.parent, env=environment, capture_output=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, b"")


def test_there_is_one_for_every_message_request_and_answer():
    expected = {"envelope.json", "failures.json"}
    expected |= {f"events/{type_}.json" for type_ in MESSAGES}
    expected |= {f"rpc/{path}.{side}.json" for path in METHODS for side in ("request", "answer")}
    assert {path.removeprefix("schemas/") for path in schemas} == expected


@pytest.mark.parametrize("path", schemas)
def test_each_is_a_schema_that_explains_every_field(path):
    schema = schemas[path]
    Draft202012Validator.check_schema(schema)
    types = {schema["title"]: schema, **schema.get("$defs", {})}
    assert [name for name, type_ in types.items() if not type_.get("description")] == []
    unexplained = [
        f"{name}.{field}"
        for name, type_ in types.items()
        for field, member in type_["properties"].items()
        if not is_described(member)
    ]
    assert unexplained == []


def test_who_may_call_stands_in_the_request():
    for path, method in METHODS.items():
        assert set(schemas[f"schemas/rpc/{path}.request.json"]["x-roles"]) == method.roles


def test_every_failure_code_is_explained():
    codes = read(SCHEMAS / "failures.json")["properties"]["exc_type"]["oneOf"]
    assert {code["const"]: code["description"] for code in codes} == CODES
