"""History can be added to and read, nothing else."""

import re
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from shouwen.hosting import SERVICES
from tests.system.petitions import receive, registered
from tests.system.running_platform import Platform, wait_until

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"
CHANGES = ["UPDATE {} SET actor = ''", "DELETE FROM {}", "TRUNCATE {}"]


@pytest.fixture(scope="module")
def with_history(platform: Platform) -> Platform:
    """Every service has something on record; a trigger for each row needs a row."""
    (number,) = registered(platform)
    receive(platform, "L1", number)
    platform.call("A1", "auditor", "", "audit.replay", number=number)
    for service in SERVICES:
        wait_until(lambda service=service: platform.health(service)["head"] > 0)
    return platform


@pytest.fixture(scope="module")
def own_user(with_history: Platform) -> Iterator[str]:
    section = OPERATIONS.read_text().partition("## A database user per service")[2]
    statements = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)[0]
    with closing(psycopg2.connect(with_history.database_url)) as superuser:
        superuser.autocommit = True
        superuser.cursor().execute(statements)
        yield with_own_user(with_history.database_url)
        superuser.cursor().execute("DROP USER responsibility_service")


class TestServiceRole:
    @pytest.mark.parametrize("service", SERVICES)
    @pytest.mark.parametrize("change", CHANGES)
    def test_cannot_change_history(self, with_history: Platform, service: str, change: str) -> None:
        with with_history.cursor(f"shouwen_{service}") as cursor:
            cursor.execute(f"SELECT count(*) FROM {service}.event_log")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(change.format(f"{service}.event_log"))

    @pytest.mark.parametrize(("service", "other"), list(permutations(SERVICES, 2)))
    def test_cannot_read_anothers_history(
        self, with_history: Platform, service: str, other: str
    ) -> None:
        with (
            with_history.cursor(f"shouwen_{service}") as cursor,
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
        ):
            cursor.execute(f"SELECT 1 FROM {other}.event_log")


class TestServiceWithAUserOfItsOwn:
    """As docs/operations.md makes it: the address of a service leads to its own part only."""

    def test_it_works(self, with_history: Platform, own_user: str) -> None:
        before = with_history.database_url
        with_history.terminate("responsibility")
        with_history.database_url = own_user
        try:
            with_history.start("responsibility")
        finally:
            with_history.database_url = before
        wait_until(with_history.healthy)
        (number,) = registered(with_history)
        assert receive(with_history, "L1", number)["standing"] == "first"
        with_history.terminate("responsibility")
        with_history.start("responsibility")
        wait_until(with_history.healthy)

    @pytest.mark.parametrize(
        "statement",
        [
            "SET ROLE NONE; SELECT 1 FROM responsibility.event_log",
            "SET ROLE NONE; SET ROLE shouwen_intake",
            "SELECT 1 FROM intake.event_log",
            "UPDATE responsibility.event_log SET actor = ''",
        ],
    )
    def test_it_can_do_nothing_else(self, own_user: str, statement: str) -> None:
        """Also when the role is taken off that each connection takes on."""
        with (
            closing(psycopg2.connect(own_user, options="-c role=shouwen_responsibility")) as user,
            user.cursor() as cursor,
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
        ):
            cursor.execute(statement)


def with_own_user(url: str) -> str:
    parts = urlsplit(url)
    address = f"responsibility_service:PASSWORD@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=address))


class TestDatabaseItself:
    @pytest.mark.parametrize("service", SERVICES)
    @pytest.mark.parametrize("change", CHANGES)
    def test_refuses_it_to_its_superuser_too(
        self, with_history: Platform, service: str, change: str
    ) -> None:
        with (
            with_history.cursor() as cursor,
            pytest.raises(psycopg2.errors.RestrictViolation),
        ):
            cursor.execute(change.format(f"{service}.event_log"))
