"""Live tables equal those that are filled again from the logs, at 500 points of random histories.

Of intake, notify and audit, as they are built, by what `shouwen rebuild` does; responsibility is in
`tests/unit/audit/test_cuts.py`. What no log tells is named here, with the reason.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Final

import pytest

from services.audit.readmodels.ends import EndTables
from tests.unit.county import FOLLOWERS, County, Follower
from tests.unit.stores import Rows, Stores

SEEDS, STEPS, CUTS = (20_261_126, 20_261_127, 20_261_128, 20_261_129), 300, 500

OF_ALL: Final[Mapping[str, str]] = {
    "alembic_version": "of the schema, not of what happened",
    "event_log": "the log itself",
    "command_answer": "what a repeated request is answered; no fact, and kept for a while only",
    "published_position": "how far the relay has told the log",
    "tracking": "of the library; nothing is in it",
}
NOT_FROM_FACTS: Final[Mapping[str, Mapping[str, str]]] = {
    "intake": {
        "matter_mark": "keyed marks of people with their matters: personal, so in no fact",
        "number_serial": "taken under the append lock before there is a fact",
        "petitioner_key": "keys of persons; what is forgotten must not come back from a log",
        "petitioner_phone": "keyed marks of names and phones",
        "vault": "the content, encrypted",
        "vault_version": "the content, encrypted",
    },
    "notify": {
        "earlier_terms": "how far an upgrade has got",
        "earlier_voided": "what an upgrade has found, and has left to do",
        "endpoint": "addresses of recipients, encrypted",
        "endpoint_pace": "what endpoints took in the last minute, and which are left alone",
        "lease": "who is working on what just now",
    },
    "audit": {
        "ledger_checkpoint": "what was signed, append-only: it is never made again",
        "ledger_cosignature": "what witnesses have signed, append-only",
        "ledger_key": "the keys that have signed, append-only",
        "ledger_leaf": "the ledger itself; what is followed again is compared with it",
        "ledger_subtree": "of the ledger, append-only",
    },
}
# When somebody parked an event is not when it is parked again.
COLUMNS: Final = {"parked_event": "source, position, subject, event, reason"}


def live(follower: Follower) -> dict[str, Rows]:
    """Return all that is to be found again."""
    log = follower.assembly.application.log_of_events
    left_out = {**OF_ALL, **NOT_FROM_FACTS[follower.assembly.service]}
    found = log.query("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        name: sorted(log.query(f"SELECT {COLUMNS.get(name, '*')} FROM {name}"), key=repr)
        for (name,) in found
        if name not in left_out
    }


def refill(county: County, follower: Follower) -> None:
    """Fill the read models again up to where the service has got, no further."""
    county.logs.known_up_to = follower.inbox.positions()
    follower.assembly.rebuild()
    follower.inbox.catch_up()
    county.logs.known_up_to = {}
    if follower.assembly.service == "audit":
        make_ends_again(follower)


def make_ends_again(follower: Follower) -> None:
    log, ends = follower.assembly.application.log_of_events, EndTables()
    size = ends.state(log).size
    with log.writing() as transaction:
        ends.forget(transaction)
        if size:
            ends.advance(transaction, 0, ends.reach(transaction, 0, size) or 0)


@pytest.fixture(scope="module")
def counties(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[County]]:
    with ExitStack() as endings:
        made = [County(stores, tmp_path_factory.mktemp("county"), seed) for seed in SEEDS]
        for county in made:
            endings.enter_context(county.endings)
            county.register()
        yield made


@pytest.mark.parametrize("at", range(len(SEEDS)))
def test_live_tables_are_those_filled_again_at_any_cut(counties: list[County], at: int):
    county = counties[at]
    chance = county.chance
    cuts = {*chance.sample(range(STEPS), CUTS // len(SEEDS))}
    for step in range(STEPS):
        county.step()
        if step in cuts:
            follower = county.followers[chance.choice(FOLLOWERS)]
            before = live(follower)
            refill(county, follower)
            assert live(follower) == before, (step, follower.assembly.service)


@pytest.mark.parametrize("service", FOLLOWERS)
def test_something_is_in_each_of_them(counties: list[County], service: str):
    """Or equal would mean nothing."""
    found = [live(county.followers[service]) for county in counties]
    assert {name for name in found[0] if not any(each[name] for each in found)} == {"parked_event"}


@pytest.mark.parametrize("service", FOLLOWERS)
def test_what_is_left_out_is_there(counties: list[County], service: str):
    """A table that is gone is named here no more."""
    log = counties[0].followers[service].assembly.application.log_of_events
    found = {name for (name,) in log.query("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {*OF_ALL, *NOT_FROM_FACTS[service]} <= found
