"""Those who meet at one stream decide one after the other."""

from uuid import UUID

import eventlet
import pytest
from eventlet import GreenPool

from chassis.eventstore.turns import Turns

HERE, THERE = UUID(int=1), UUID(int=2)


class TestTurns:
    def test_come_one_at_a_time_in_the_order_of_asking(self) -> None:
        turns, course = Turns(), []

        def take(name: int) -> None:
            with turns.at(HERE, within_s=5):
                course.append(("begins", name))
                eventlet.sleep(0)
                course.append(("ends", name))

        pool = GreenPool()
        for name in range(5):
            pool.spawn(take, name)
        pool.waitall()
        assert course == [(what, name) for name in range(5) for what in ("begins", "ends")]

    def test_at_another_stream_need_not_be_waited_for(self) -> None:
        turns = Turns()
        with turns.at(HERE, within_s=5), turns.at(THERE, within_s=0.01) as came:
            assert came

    def test_that_do_not_come_in_time_are_told_and_hold_nothing(self) -> None:
        turns = Turns()
        with turns.at(HERE, within_s=5), turns.at(HERE, within_s=0.01) as came:
            assert not came
        with turns.at(HERE, within_s=0.01) as came:
            assert came

    def test_are_given_up_by_those_who_fail(self) -> None:
        turns = Turns()
        with pytest.raises(LookupError), turns.at(HERE, within_s=0.01):
            raise LookupError
        with turns.at(HERE, within_s=0.01) as came:
            assert came
