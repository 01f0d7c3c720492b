"""Corrections, parties and withdrawal in a process that is killed: whole or not at all, once."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

import pytest

from services.intake.application import Intake
from services.intake.application.ports import Corrected, Parties
from services.intake.domain.refusals import VersionChanged
from services.intake.gateways.vault import Vault
from tests.builders import Clock, actor, content, intake_command, person, raised
from tests.unit.fuse import Died, Fuse
from tests.unit.intake.desk import VAULT_KEY, Desk, intake, reader
from tests.unit.stores import Stores, rows, tables

Commanded = Callable[[Intake, str, str, int | None], Any]
HEAD: Final = reader(actor(), "office_head")
KEPT: Final = ("event_log", "vault", "vault_version", "petitioner_key", "matter_mark")


def correct(application: Intake, number: str, request_id: str, sees: int | None) -> Any:
    corrected = Corrected(
        {"petition_class": "accusation", "category": "劳动社保"},
        {"title": "实为检举"},
        {"petitioner": [dict(person(phone="15400005678"))]},
        "误录",
    )
    sent = replace(intake_command(request_id, content="correct"), expected_version=sees)
    return application.correct_petition(sent, HEAD, number, corrected)


def name_parties(application: Intake, number: str, request_id: str, sees: int | None) -> Any:
    named = Parties(["L330424009"], ["330424-09"], "后知", "海信登〔2026〕31号")
    sent = replace(intake_command(request_id, content="name"), expected_version=sees)
    return application.name_parties(sent, HEAD, number, named)


def withdraw(application: Intake, number: str, request_id: str, sees: int | None) -> Any:
    sent = replace(intake_command(request_id, content="withdraw"), expected_version=sees)
    code = Vault(VAULT_KEY).query_code(number)
    return application.withdraw_petition(sent, number, code, "settled")


COMMANDS: Final = {"correct": correct, "name_parties": name_parties, "withdraw": withdraw}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> Commanded:
    return COMMANDS[request.param]


@pytest.fixture
def environment(stores: Stores) -> Iterator[dict[str, str]]:
    return stores.fresh("intake")


@pytest.fixture
def number(environment: dict[str, str], clock: Clock) -> str:
    with closing(intake(environment, clock)) as application:
        petition = raised(content=content(person(id_number="")))
        return str(Desk(application, clock).registered(petition)["number"])


def everything(application: Intake) -> Any:
    return tables(application), [rows(application, table) for table in KEPT]


def test_killed_before_the_commit_it_leaves_nothing_and_is_done_when_it_comes_again(
    environment: dict[str, str], clock: Clock, number: str, command: Commanded
):
    """No version of a content without its fact, no mark, no key: as if it had never been asked."""
    fuse = Fuse()
    application = intake(environment, clock, fuse)
    with closing(application):
        before = everything(application)
        fuse.events_left = 0
        with pytest.raises(Died):
            command(application, number, "request-7", 1)
    with closing(intake(environment, clock)) as again:
        assert everything(again) == before
        assert command(again, number, "request-7", 1)["version"] == 2


def test_killed_after_the_commit_it_is_answered_as_it_was_and_not_done_twice(
    environment: dict[str, str], clock: Clock, number: str, command: Commanded
):
    """Whoever had no answer sends it again; the version that he saw is not held against him."""
    with closing(intake(environment, clock)) as application:
        answer = command(application, number, "request-7", 1)
        after = everything(application)
    with closing(intake(environment, clock)) as again:
        assert command(again, number, "request-7", 1) == answer
        assert everything(again) == after


def test_on_an_older_version_it_is_refused_and_leaves_nothing(
    environment: dict[str, str], clock: Clock, number: str, command: Commanded
):
    """Somebody named a party meanwhile."""
    with closing(intake(environment, clock)) as application:
        name_parties(application, number, "request-6", None)
        before = everything(application)
        with pytest.raises(VersionChanged):
            command(application, number, "request-7", 1)
        assert everything(application) == before


def test_all_of_them_in_a_row_are_three_versions(
    environment: dict[str, str], clock: Clock, number: str
):
    """Each by what the one before left."""
    with closing(intake(environment, clock)) as application:
        for sees, (name, command) in enumerate(COMMANDS.items(), start=1):
            answer = command(application, number, f"request-{name}", sees)
            assert answer["version"] == sees + 1
