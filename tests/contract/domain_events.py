"""The facts that the services record, as the code has them."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from eventsourcing.domain import Aggregate
from eventsourcing.utils import get_topic

from shouwen.hosting import SERVICES


def aggregates(service: str) -> Iterator[type[Aggregate]]:
    """Return the aggregates of a service's domain."""
    package = import_module(f"services.{service}.domain")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for value in vars(import_module(found.name)).values():
            own = isinstance(value, type) and value.__module__ == found.name
            if own and issubclass(value, Aggregate):
                yield value


def facts(service: str) -> dict[type, str]:
    """Return class of fact to the topic under which it is stored."""
    return {
        fact: get_topic(fact)
        for aggregate in aggregates(service)
        for name, fact in vars(aggregate).items()
        if isinstance(fact, type) and issubclass(fact, Aggregate.Event) and name != "Event"
    }


TOPICS = {topic for service in SERVICES for topic in facts(service).values()}
