"""The page to be read and printed: in Chinese, every kind of fact."""

import pytest

from contracts.events import MESSAGES
from services.audit.gateways.page import TITLES, page_of
from tests.builders import number

EVENT = {"recordedtime": "2026-11-24T04:00:00Z", "actor": "K1", "data": {"reason": "<b>"}}


@pytest.mark.parametrize("type_", sorted(MESSAGES))
def test_each_kind_of_fact_has_a_title_in_chinese(type_: str):
    title = TITLES[type_.rpartition(".v")[0]]
    assert all("\u4e00" <= each <= "\u9fff" for each in title)
    assert f"<td>{title}<br>" in page_of(number(), [{**EVENT, "type": type_}])


def test_what_is_in_an_event_is_text():
    assert "<b>" not in page_of(number(), [{**EVENT, "type": "case.closed.v1"}])
