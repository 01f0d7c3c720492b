"""Programs with no code of ours call the platform."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from nameko.exceptions import RemoteError

from contracts.client import Client
from contracts.failures import Failure
from contracts.rpc.responsibility import OWNER_OF, RECEIVE, AskOwner, ReceivePetition
from tests.system.petitions import OFFICE, owner_of, registered, registration, request_id
from tests.system.running_platform import Platform

FOLDER = Path(__file__).parent


def told_to(program: str, given: Any, tmp_path: Path) -> Any:
    """Run a program by itself: nothing of ours is found by chance (`-I`)."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", FOLDER / program],
        input=json.dumps(given),
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("ours") == []
    return told


class TestPlainNameko:
    def test_registers_receives_asks_closes_and_replays(
        self, platform: Platform, tmp_path: Path
    ) -> None:
        tokens = {
            "clerk": platform.token("K1", ["clerk"], OFFICE),
            "leader": platform.token("L1", ["leader"], OFFICE),
            "auditor": platform.token("A1", ["auditor"]),
        }
        given = [platform.amqp_uri, tokens, OFFICE, f"agency-{request_id()}"]
        told = told_to("outside_nameko.py", given, tmp_path)
        assert told["received"]["standing"] == "first"
        assert told["owner"]["owner"] == "L1"
        assert told["closed"]["state"] == "closed"
        assert told["refused"][0] == "role_not_allowed"
        assert told["refused"][1]["fields"] == {"roles": ["auditor", "office_head"]}
        types = [entry["type"] for entry in told["history"]["entries"]]
        assert types[0] == "petition.registered.v1"
        assert {"ownership.awaited.v1", "ownership.taken.v1", "case.closed.v1"} <= set(types)

    def test_is_answered_from_the_record_when_it_asks_twice(self, platform: Platform) -> None:
        given = registration(petitioner={"name": request_id()})
        with platform.proxy("K1", ["clerk"], OFFICE) as clerk:
            first = clerk.intake.register(**given)
            assert clerk.intake.register(**given) == first
            with pytest.raises(RemoteError) as refused:
                clerk.intake.register(**{**given, "title": "another"})
        assert refused.value.exc_type == "request_id_reused"


class TestAnyAmqpClient:
    def test_is_answered_as_the_document_says(self, platform: Platform, tmp_path: Path) -> None:
        host = urlsplit(platform.amqp_uri).netloc.rpartition("@")[2]
        token = platform.token("K1", ["clerk"], OFFICE)
        calls = [
            ("intake.register", registration(petitioner={"name": request_id()})),
            ("intake.register", {k: v for k, v in registration().items() if k != "title"}),
        ]
        taken, refused = told_to("outside_amqp.py", [host, token, calls], tmp_path)["answers"]
        assert taken["error"] is None
        assert owner_of(platform, taken["result"]["number"])["state"] == "awaited"
        assert refused["result"] is None
        assert refused["error"]["exc_type"] == "bad_value"
        assert refused["error"]["exc_path"] == "shouwen/bad_value"
        assert refused["error"]["exc_args"] == []
        assert refused["error"]["value"]["fields"] == {"title": "is missing"}


class TestTypedClient:
    def test_gives_structs_and_refuses_by_code(self, platform: Platform) -> None:
        (number,) = registered(platform)
        token = platform.token("L1", ["leader"], OFFICE)
        with Client(platform.amqp_uri, token, timeout_s=60) as shouwen:
            request = ReceivePetition(request_id=request_id(), number=number)
            reception = shouwen.call(RECEIVE, request)
            assert (reception.standing, reception.owner) == ("first", "L1")
            assert shouwen.call(RECEIVE, request) == reception
            assert shouwen.call(OWNER_OF, AskOwner(number=number)).owner == "L1"
            shouwen.token = ""
            with pytest.raises(Failure) as refused:
                shouwen.call(RECEIVE, request)
        assert refused.value.code == "token_missing"
