"""Facts have written names, and what is recorded is told."""

import re
from importlib import import_module

import pytest
from eventsourcing.utils import get_topic

from contracts.events import MESSAGES, PUBLISHER
from shouwen.hosting import SERVICES
from tests.contract.domain_events import aggregates, facts

FACT = re.compile(r"[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")
STREAM = re.compile(r"[a-z_]+(\.[a-z_]+)?\.v[1-9][0-9]*")


def tellings(service: str):
    return import_module(f"services.{service}.publishing").TELLINGS


@pytest.mark.parametrize("service", SERVICES)
class TestWrittenNames:
    def test_every_fact_has_a_name_with_a_version(self, service):
        assert facts(service)
        nameless = [fact for fact, topic in facts(service).items() if not FACT.fullmatch(topic)]
        assert nameless == []

    def test_every_kind_of_stream_has_a_name_with_a_version(self, service):
        nameless = [
            aggregate
            for aggregate in aggregates(service)
            if not STREAM.fullmatch(get_topic(aggregate))
        ]
        assert nameless == []

    def test_every_fact_is_told_under_its_own_name(self, service):
        told = {fact: telling.message.TYPE for fact, telling in tellings(service).items()}
        assert told == facts(service)

    def test_every_message_of_the_service_tells_a_fact(self, service):
        own = {type_ for type_, publisher in PUBLISHER.items() if publisher == service}
        assert own == set(facts(service).values())

    def test_the_time_of_the_fact_goes_into_a_field_of_the_message(self, service):
        for telling in tellings(service).values():
            assert not telling.occurred or telling.occurred in telling.message.__struct_fields__


def test_no_name_is_used_twice():
    names = [
        topic
        for service in SERVICES
        for topic in (
            *facts(service).values(),
            *(get_topic(aggregate) for aggregate in aggregates(service)),
        )
    ]
    assert len(names) == len(set(names))
    assert set(MESSAGES) <= set(names)
