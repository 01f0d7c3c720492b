"""History in the files of the embedded installation can be added to and read, nothing else."""

import sqlite3
from contextlib import closing

import pytest

from shouwen.hosting import SERVICES
from tests.integration.embedded.conftest import Town


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("change", ["UPDATE event_log SET actor = ''", "DELETE FROM event_log"])
def test_the_file_refuses_to_change_history(town: Town, service: str, change: str) -> None:
    """SQLite knows no TRUNCATE: a DELETE of everything is its form of it, and runs triggers."""
    number = town.register()["number"]
    town.caller("L1", ["leader"]).call(
        "responsibility", "receive", request_id=f"append-only-{number}", number=number
    )
    town.caller("A1", ["auditor"], "").call("audit", "replay", number=number)
    town.wait_until_known_everywhere()
    path = town.installation.surroundings.home / "data" / f"{service}.db"
    with closing(sqlite3.connect(path)) as connection:
        ((before,),) = connection.execute("SELECT count(*) FROM event_log").fetchall()
        assert before > 0
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(change)
