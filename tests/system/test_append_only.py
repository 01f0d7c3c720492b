"""History can be added to and read, nothing else."""

from itertools import permutations

import psycopg2
import pytest

from shouwen.hosting import SERVICES
from tests.system.petitions import receive, registered
from tests.system.running_platform import Platform, wait_until

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
