import pytest

from chassis.messaging.line import (
    BYTES_PER_PLACE,
    CLOSED_AFTER_S,
    PLACES_MAX,
    RETRY_AFTER_MAX_S,
    URGENT_MAX,
    WAIT_MAX_S,
    WORKERS_KEPT_FREE,
    Line,
)

WORKERS = 4 + WORKERS_KEPT_FREE
SMALL = 100


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line[str]:
    return Line(WORKERS, clock)


def join(line: Line[str], *items: str, size: int = SMALL, urgent: bool = False) -> list[bool]:
    return [line.join(item, size, urgent=urgent) for item in items]


def begin_all(line: Line[str]) -> list[str]:
    begun = []
    while (waiting := line.begin()) is not None:
        begun.append(waiting.item)
    return begun


class TestWork:
    def test_the_first_to_come_is_the_first_to_go(self, line):
        join(line, *"abcdef")
        assert begin_all(line) == [*"abcd"]

    def test_an_end_lets_the_next_one_begin(self, line):
        join(line, *"abcde")
        begun = line.begin()
        begin_all(line)
        line.end(begun)
        assert begin_all(line) == ["e"]

    def test_a_large_request_keeps_the_places_of_many(self, line):
        join(line, "large", size=2 * BYTES_PER_PLACE)
        join(line, *"ab")
        assert begin_all(line) == ["large", "a"]

    def test_the_largest_request_is_served_too(self, line):
        join(line, "huge", size=1_000 * BYTES_PER_PLACE)
        assert begin_all(line) == ["huge"]

    def test_urgent_requests_find_a_worker_when_all_others_are_at_work(self, line):
        join(line, *"abcdef")
        begin_all(line)
        join(line, "urgent", urgent=True)
        assert begin_all(line) == ["urgent"]


class TestRefusal:
    def test_a_full_line_is_closed_until_one_begins(self, line):
        assert all(join(line, *map(str, range(PLACES_MAX))))
        assert join(line, "late") == [False]
        line.begin()
        assert join(line, "later") == [True]

    def test_large_requests_fill_it_sooner(self, line):
        joined = join(line, *map(str, range(PLACES_MAX)), size=BYTES_PER_PLACE)
        assert joined.count(True) == PLACES_MAX // 2

    def test_a_line_in_which_somebody_waits_too_long_is_closed(self, line, clock):
        join(line, *"abcde")
        begun = line.begin()
        begin_all(line)
        clock.now += CLOSED_AFTER_S + 0.1
        assert join(line, "late") == [False]
        line.end(begun)
        line.begin()
        assert join(line, "later") == [True]

    def test_urgent_requests_have_a_bound_of_their_own(self, line):
        join(line, *map(str, range(PLACES_MAX + 1)))
        assert join(line, *map(str, range(URGENT_MAX + 1)), urgent=True) == [
            *[True] * URGENT_MAX,
            False,
        ]

    def test_who_is_dissolved_leaves_the_line_empty(self, line):
        join(line, *"ab")
        join(line, "urgent", urgent=True)
        assert line.dissolve() == ["urgent", "a", "b"]
        assert line.begin() is None


class TestTooLate:
    def test_who_has_waited_too_long_is_not_worked_off(self, line, clock):
        join(line, "a")
        clock.now += WAIT_MAX_S + 0.1
        assert line.too_late(line.begin())

    def test_who_comes_in_time_is(self, line, clock):
        join(line, "a")
        clock.now += WAIT_MAX_S - 0.1
        assert not line.too_late(line.begin())

    def test_nobody_is_worked_for_who_waits_no_longer(self, line, clock):
        join(line, "a", urgent=True)
        clock.now += 0.5
        assert line.too_late(line.begin(), limit_s=0.4)

    def test_urgent_requests_wait_as_long_as_they_must(self, line, clock):
        join(line, "a", urgent=True)
        clock.now += 10 * WAIT_MAX_S
        assert not line.too_late(line.begin())


class TestRetryTime:
    def test_it_is_a_second_at_first(self, line):
        assert line.retry_after_s() == 1

    def test_it_grows_with_the_pressure(self, line, clock):
        join(line, *map(str, range(12)))
        assert len(begin_all(line)) == 4
        clock.now += 1.1
        assert line.retry_after_s() == 3

    def test_it_stays_bounded(self, line, clock):
        join(line, *map(str, range(1_000)))
        clock.now += 1.1
        assert line.retry_after_s() == RETRY_AFTER_MAX_S
