"""The oldest stored facts still replay.

Each sample is one stream as its log has stored it, with what it added up to. To take one: the
columns originator_id, originator_version, topic and state of a log. The events of a sample are
never edited. What it adds up to may be put into new words when the aggregate is, as long as it
means the same.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import resolve_topic

from chassis.environment import Variables
from chassis.eventstore.facts import state_of
from shouwen.embedded import embedded
from shouwen.hosting import SERVICES, migrate_all
from tests.contract.domain_events import TOPICS
from tests.contract.published import read

SAMPLES = {path.stem: read(path) for path in sorted((Path(__file__).parent / "samples").glob("*"))}


@pytest.fixture(scope="module")
def mappers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Mapper[UUID]]]:
    """Return the mapper of each service, as the service itself builds it."""
    surroundings = embedded(tmp_path_factory.mktemp("home"), Variables({})).surroundings
    migrate_all(surroundings.database_url)
    built = {
        service: import_module(f"services.{service}.bootstrap").build(surroundings).assembly
        for service in SERVICES
    }
    yield {service: assembly.application.mapper for service, assembly in built.items()}
    for assembly in built.values():
        assembly.close()


def stored(row: dict[str, Any]) -> StoredEvent:
    return StoredEvent(
        UUID(row["originator_id"]), row["originator_version"], row["topic"], row["state"].encode()
    )


def replayed(sample: dict[str, Any], mapper: Mapper[UUID]) -> Any:
    aggregate = None
    for row in sample["events"]:
        aggregate = mapper.to_domain_event(stored(row)).mutate(aggregate)
    return aggregate


def kept(expected: Any, actual: Any) -> Any:
    """Return of what is there now the part that the sample knows: aggregates may gain members."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: kept(expected[name], actual[name]) for name in expected if name in actual}
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [kept(*pair) for pair in zip(expected, actual, strict=True)]
    return actual


def test_there_is_a_sample_of_every_fact():
    assert {row["topic"] for sample in SAMPLES.values() for row in sample["events"]} >= TOPICS


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_stream_adds_up_to_the_same(name, mappers):
    sample = SAMPLES[name]
    aggregate = replayed(sample, mappers[sample["service"]])
    plain = msgspec.to_builtins(vars(aggregate), order="deterministic")
    now = msgspec.json.decode(msgspec.json.encode(plain))
    assert kept(sample["aggregate"], now) == sample["aggregate"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_fact_can_be_told(name):
    """A follower that begins at position 0 is told the oldest facts by the newest code."""
    sample = SAMPLES[name]
    tellings = import_module(f"services.{sample['service']}.publishing").TELLINGS
    for row in sample["events"]:
        telling = tellings[resolve_topic(row["topic"])]
        told = telling.data(state_of(stored(row)))
        assert told["petition_id"] in {"", fact_petition(sample)}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_fact_is_written_as_it_was(name, mappers):
    """Reading and storing again changes no byte: the form has not changed under the samples."""
    sample = SAMPLES[name]
    mapper = mappers[sample["service"]]
    for row in sample["events"]:
        assert (
            mapper.to_stored_event(mapper.to_domain_event(stored(row))).state == stored(row).state
        )


def fact_petition(sample: dict[str, Any]) -> str:
    return str(sample["aggregate"].get("petition_id", ""))
