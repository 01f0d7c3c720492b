import pytest

from tests.system.overload import Overload, servers_in

SECONDS = 15


@pytest.fixture(scope="module")
def overload(platform, postgres_server, rabbit_server):
    overload = Overload(platform, SECONDS, servers_in(postgres_server, rabbit_server))
    overload.run()
    print(overload)  # noqa: T201 - shown when it fails
    return overload


def test_more_than_it_can_do_is_refused_and_nothing_else_changes(overload):
    """Ok or busy with a retry time, hardly any past the caller's limit; memory and queues, the
    servers' too, stay bounded."""
    assert list(overload.wrongs()) == []
