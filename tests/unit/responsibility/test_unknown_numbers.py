"""Numbers that nobody knows: each is asked for at intake, and they hold nobody else up."""

import pytest
from eventlet import GreenPool

from services.responsibility.application.on_record import WAITING_MAX
from services.responsibility.domain.refusals import PetitionUnknown
from tests.builders import FOLLOWER, number
from tests.unit.responsibility.casebook import Casebook


def ask(case: Casebook, asked: str) -> None:
    with pytest.raises(PetitionUnknown):
        case.application.owner_of(asked, FOLLOWER)


def test_only_so_many_wait_for_an_event_that_may_never_come(
    case: Casebook, monkeypatch: pytest.MonkeyPatch
):
    """Who comes beyond them has his number fetched at once, before theirs."""
    fetched: list[str] = []
    monkeypatch.setattr(case.arrivals, "fetch", lambda asked: fetched.append(asked) or ())
    numbers = [number(serial) for serial in range(1, 2 * WAITING_MAX + 1)]
    pool = GreenPool()
    for each in numbers:
        pool.spawn(ask, case, each)
    pool.waitall()
    assert sorted(fetched) == sorted(numbers)
    assert set(fetched[:WAITING_MAX]) == set(numbers[WAITING_MAX:])
