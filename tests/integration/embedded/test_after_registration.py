"""After registration, by RPC across the services: erasure, reply, reception by another."""

import sqlite3
import uuid
from contextlib import closing
from typing import Any

import pytest

from chassis.eventstore.instants import utc_now
from chassis.eventstore.location import sqlite_path
from contracts.failures import Failure
from tests.integration.embedded.conftest import Town
from tests.integration.messaging.parts import wait_until

CLERK, OWNER, RIVAL = ("K1", ["clerk"]), ("L1", ["leader"]), ("L2", ["leader"])


def ask(town: Town, who: tuple[str, list[str]], path: str, **given: Any) -> Any:
    service, _, name = path.partition(".")
    return town.caller(*who).call(service, name, **given)


def command(number: str, **given: Any) -> dict[str, Any]:
    return {"request_id": str(uuid.uuid4()), "number": number, **given}


def erase_all(town: Town) -> None:
    """Destroy every petitioner's key, as an operator would destroy one."""
    path = sqlite_path(town.installation.surroundings.database_url("intake"))
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        assert connection.execute("DELETE FROM petitioner_key").rowcount > 0


def test_erased_content_has_a_code_and_the_rest_goes_on(town: Town) -> None:
    """Nobody reads it any more; what is on record is still asked for and replayed."""
    registered = town.register()
    number = registered["number"]
    erase_all(town)
    with pytest.raises(Failure) as refused:
        ask(town, CLERK, "intake.petition", number=number, content=True)
    assert (refused.value.code, list(refused.value.fields)) == ("content_erased", ["petitioner"])
    assert ask(town, CLERK, "intake.petition", number=number)["content"] is None
    code = registered["query_code"]
    assert ask(town, CLERK, "intake.status", number=number, query_code=code)["number"] == number
    history = ask(town, ("A1", ["auditor"]), "audit.replay", number=number)["entries"]
    assert history[0]["type"] == "petition.registered.v1"
    assert "content.read.v1" not in {entry["type"] for entry in history}


def test_a_reply_on_record_lets_the_owner_close(town: Town) -> None:
    """Recorded by a clerk of his office; the closure names it and the history tells of it."""
    number = town.register()["number"]
    ask(town, OWNER, "responsibility.receive", **command(number))
    answer = ask(town, CLERK, "responsibility.reply", **command(number, document="复1号"))
    assert (answer["reply"]["document"], answer["reply"]["delivered_by"]) == ("复1号", "K1")
    visited_at = utc_now().isoformat()
    statement = {"follow_up_visit_at": visited_at, "evaluation_asked_at": visited_at}
    closing_ = command(number, outcome="settled", **statement)
    assert ask(town, OWNER, "responsibility.close", **closing_)["state"] == "closed"
    history = ask(town, ("A1", ["auditor"]), "audit.replay", number=number)["entries"]
    told = {entry["type"]: entry["data"] for entry in history}
    assert told["reply.delivered.v1"]["delivered_by"] == "K1"
    assert told["case.closed.v1"]["reply_document"] == "复1号"


def test_the_owner_is_reminded_of_a_reception_by_another(town: Town) -> None:
    """Rule 4, from responsibility's record to notify's."""
    number = town.register()["number"]
    ask(town, OWNER, "responsibility.receive", **command(number))
    ask(town, RIVAL, "responsibility.receive", **command(number))

    def reminded() -> list[str]:
        items = ask(town, OWNER, "notify.reminders", number=number)["items"]
        return [i["recipient"] for i in items if i["reason"] == "reception_elsewhere"]

    wait_until(reminded)
    assert reminded() == ["L1"]
