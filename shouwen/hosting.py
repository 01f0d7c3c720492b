"""The four services and how they are started: one a process, or all of them in one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from chassis.messaging.rpc import REQUEST_QUEUES
from chassis.messaging.wiring import Wiring
from chassis.runtime.hosting import Host
from chassis.runtime.surroundings import Surroundings

ROOT: Final = Path(__file__).resolve().parent.parent
SERVICES: Final = ("intake", "responsibility", "notify", "audit")
WORKERS: Final = 20


@dataclass(frozen=True, slots=True)
class Hosted:
    """One service: its nameko class and what builds its wiring."""

    surface: type
    bootstrap: Callable[[Surroundings], Wiring]


def load(service: str) -> Hosted:
    """Import a service."""
    surface: Any = import_module(f"services.{service}.service")
    bootstrap: Any = import_module(f"services.{service}.bootstrap")
    return Hosted(getattr(surface, f"{service.capitalize()}Service"), bootstrap.bootstrap)


def versions_of(service: str) -> Path:
    """Return the folder of a service's migrations."""
    return ROOT / "services" / service / "migrations"


def migrate_all(surroundings_url: Callable[[str], str]) -> None:
    """Bring the tables of all services to the newest revision."""
    from chassis.eventstore.migrate import migrate  # a service starts without what only this needs

    for service in SERVICES:
        migrate(surroundings_url(service), service, versions_of(service))


def host(surroundings: Surroundings, *services: str) -> Host:
    """Return a host of services, not started yet."""
    wirings: Mapping[type, Wiring] = {
        hosted.surface: hosted.bootstrap(surroundings) for hosted in map(load, services)
    }
    config = {
        "AMQP_URI": surroundings.amqp_uri,
        "max_workers": WORKERS,
        REQUEST_QUEUES: surroundings.request_queues,
    }
    return Host(config, wirings)
