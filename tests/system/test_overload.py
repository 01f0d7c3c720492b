import pytest

from tests.system.overload import Overload

SECONDS = 15


@pytest.fixture(scope="module")
def overload(platform):
    overload = Overload(platform, SECONDS)
    overload.run()
    print(overload)  # noqa: T201 - shown when it fails
    return overload


def test_more_than_it_can_do_is_refused_and_nothing_else_changes(overload):
    """Ok, busy with a retry time, or past the caller's limit; memory and queues stay bounded."""
    assert list(overload.wrongs()) == []
