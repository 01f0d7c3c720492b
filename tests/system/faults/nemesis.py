"""The faults: each does its harm, lets it last, and heals it at the end of its block."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

import eventlet

from shouwen.hosting import SERVICES
from tests.servers import fake_clock
from tests.system.faults.clusters import PostgresPair, RabbitCluster
from tests.system.faults.installation import (
    Installation,
    Instance,
    SmallDiskPostgres,
    wait_until,
)
from tests.system.faults.proxy import Mode, Proxy

Fault = Callable[[Installation, Random], AbstractContextManager[str]]
"""Gives a block in which the fault lasts, and what exactly it is. It raises `NoMeans`."""

NODE_AWAY_S: Final = 5.0
# A loss is looked for each ten seconds, and everything follows from the logs.
READ_MODELS_BACK_S: Final = 120
HALF_OPEN_LONGER_S: Final = (0, 0, 0, 0, 7)
READ_MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": ("petition", "progress"),
    "responsibility": ("matter", "caseload"),
    "notify": ("reminder", "term_plan"),
    "audit": ("timeline", "matter"),
}
# What audit makes again from its leaves; it grows by the clock, so no rebuild is compared with it.
ENDS: Final = ("ledger_end", "ledger_ends_hash", "ledger_ends")
LOST: Final[Mapping[str, tuple[str, ...]]] = {
    **READ_MODELS, "audit": (*READ_MODELS["audit"], *ENDS),
}  # fmt: skip
KEYS: Final[Mapping[str, str]] = {
    "petition": "petition_id", "progress": "number", "matter": "number", "caseload": "number",
    "reminder": "reminder_id", "term_plan": "id", "timeline": "event_id", "ledger_end": "key",
    "ledger_ends_hash": "node", "ledger_ends": "id",
}  # fmt: skip


class NoMeans(Exception):  # noqa: N818 - it says what is the case
    """A fault cannot be done on this machine."""


@dataclass
class Harm:
    """What was done, and what could not be."""

    done: list[str] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return " + ".join([*self.done, *(f"not done: {each}" for each in self.not_done)])


@contextmanager
def nothing(_installation: Installation, _rng: Random) -> Iterator[str]:
    yield "nothing"


@contextmanager
def kill_service(installation: Installation, rng: Random) -> Iterator[str]:
    instance = _some_instance(installation, rng)
    instance.kill()
    yield f"kill -9 {instance.name}"
    instance.start()


@contextmanager
def restart_service(installation: Installation, rng: Random) -> Iterator[str]:
    instance = _some_instance(installation, rng)
    code = installation.stop_one(instance)
    yield f"SIGTERM {instance.name} (exit {code})"
    instance.start()


@contextmanager
def freeze_service(installation: Installation, rng: Random) -> Iterator[str]:
    instance = _some_instance(installation, rng)
    instance.send(signal.SIGSTOP)
    yield f"SIGSTOP {instance.name}"
    instance.send(signal.SIGCONT)


@contextmanager
def stop_postgres(installation: Installation, _rng: Random) -> Iterator[str]:
    installation.postgres.crash()
    yield "immediate stop of PostgreSQL"
    installation.postgres.start()


@contextmanager
def restart_broker(installation: Installation, _rng: Random) -> Iterator[str]:
    installation.rabbit.stop()
    yield "restart of RabbitMQ"
    installation.rabbit.start()


@contextmanager
def crash_broker(installation: Installation, _rng: Random) -> Iterator[str]:
    installation.rabbit.crash()
    yield "kill -9 of RabbitMQ"
    installation.rabbit.start()


@contextmanager
def lose_broker(installation: Installation, _rng: Random) -> Iterator[str]:
    """Every exchange, queue and message, in mid-load."""
    installation.rabbit.reset()
    yield "total loss of RabbitMQ"


@contextmanager
def cut_connections(installation: Installation, rng: Random) -> Iterator[str]:
    name, proxy = _some_proxy(installation, rng)
    for _ in range(rng.randint(1, 4)):
        proxy.cut()
        eventlet.sleep(rng.uniform(0.02, 0.2))
    yield f"cut {name}"


@contextmanager
def half_open(installation: Installation, rng: Random) -> Iterator[str]:
    name, proxy = _some_proxy(installation, rng)
    proxy.become(Mode.HALF_OPEN)
    yield f"half-open {name}"
    # Now and then so long that whoever asks for an answer gives up.
    eventlet.sleep(rng.choice(HALF_OPEN_LONGER_S))
    proxy.heal()


@contextmanager
def slow(installation: Installation, rng: Random) -> Iterator[str]:
    name, proxy = _some_proxy(installation, rng)
    proxy.delay_s = rng.uniform(0.01, 0.1)
    proxy.become(Mode.SLOW)
    yield f"slow {name} by {proxy.delay_s * 1000:.0f} ms"
    proxy.heal()


@contextmanager
def refuse(installation: Installation, rng: Random) -> Iterator[str]:
    name, proxy = _some_proxy(installation, rng)
    proxy.become(Mode.REFUSE)
    proxy.cut()
    yield f"refuse {name}"
    proxy.heal()


@contextmanager
def lose_read_models(installation: Installation, rng: Random) -> Iterator[str]:
    service = rng.choice(SERVICES)
    _put_aside(installation, service)
    lose_tables(installation, service)
    yield f"read models of {service} lost"
    wait_until(
        lambda: not _missing_of(installation, service),
        READ_MODELS_BACK_S,
        "all is back",
        pause_s=0.5,
    )


def _missing_of(installation: Installation, service: str) -> int:
    """Return how many of the rows that were put aside are not back."""
    missing = " + ".join(
        f"(SELECT count(*) FROM (SELECT {KEYS[table]} FROM aside_{table}"
        f" EXCEPT SELECT {KEYS[table]} FROM {service}.{table}) AS missing)"
        for table in LOST[service]
    )
    return int(installation.sql(f"SELECT {missing}")[0][0])


def _put_aside(installation: Installation, service: str) -> None:
    for table in LOST[service]:
        installation.sql(f"DROP TABLE IF EXISTS aside_{table}")
        installation.sql(f"CREATE TABLE aside_{table} AS TABLE {service}.{table}")


def lose_tables(installation: Installation, service: str) -> None:
    tables = ", ".join(f"{service}.{table}" for table in LOST[service])
    installation.sql(f"TRUNCATE {tables}")


@contextmanager
def fill_disk(installation: Installation, _rng: Random) -> Iterator[str]:
    postgres = installation.postgres
    if not isinstance(postgres, SmallDiskPostgres) or not postgres.disk_can_fill:
        raise NoMeans("disk cannot be filled here")
    postgres.fill_disk()
    yield "disk of PostgreSQL full"
    postgres.empty_disk()
    postgres.ensure_running()


@contextmanager
def jump_clock(installation: Installation, rng: Random) -> Iterator[str]:
    if fake_clock() is None:
        raise NoMeans("clocks cannot jump here")
    service = rng.choice(SERVICES)
    offset_s = rng.choice([-86_400, -3_600, -60, -2, 2, 60, 3_600, 86_400])
    if service == "notify":
        # What it records stays at the time reached, and so does what is due by that time.
        offset_s = min(offset_s, 15)
    installation.set_clock(service, offset_s)
    installation.await_clock(service, offset_s)
    yield f"clock of {service} jumps by {offset_s} s"
    installation.set_clock(service, 0)


@contextmanager
def lose_node(installation: Installation, _rng: Random) -> Iterator[str]:
    """One node of the broker's cluster, for so long that the load must do without it."""
    assert isinstance(installation.rabbit, RabbitCluster)
    with installation.rabbit.without_one() as node:
        yield f"kill -9 of {node}"
        eventlet.sleep(NODE_AWAY_S)


@contextmanager
def lose_primary(installation: Installation, _rng: Random) -> Iterator[str]:
    """The standby takes its place, and its address."""
    assert isinstance(installation.postgres, PostgresPair)
    installation.postgres.fail_over()
    for (_, server), proxy in installation.proxies.items():
        if server == "postgres":
            proxy.aim(*installation.postgres.ports)
    yield "kill -9 of the primary, its standby promoted"


FAULTS: Final[Mapping[str, Fault]] = {
    "none": nothing,
    "kill": kill_service,
    "restart": restart_service,
    "freeze": freeze_service,
    "postgres": stop_postgres,
    "broker_restart": restart_broker,
    "broker_crash": crash_broker,
    "broker_loss": lose_broker,
    "cut": cut_connections,
    "half_open": half_open,
    "slow": slow,
    "refuse": refuse,
    "read_models": lose_read_models,
    "disk": fill_disk,
    "clock": jump_clock,
}
MIXED: Final = "mixed"
# Where there is more than one server of a kind.
CLUSTER_FAULTS: Final[Mapping[str, Fault]] = {"node": lose_node, "primary": lose_primary}
WEIGHTS: Final[Mapping[str, int]] = {
    "none": 4, "kill": 16, "restart": 8, "freeze": 8, "postgres": 10, "broker_restart": 2,
    "broker_crash": 2, "broker_loss": 3, "cut": 10, "half_open": 8, "slow": 6, "refuse": 6,
    "read_models": 3, "disk": 3, "clock": 7, MIXED: 12,
}  # fmt: skip

# Of each line at most one: a server is hurt in one way at a time, since PostgreSQL does not start
# on a full disk and the broker takes ten seconds to start.
MIXABLE: Final[Sequence[Sequence[str]]] = (
    ("kill",), ("restart",), ("freeze",), ("postgres", "postgres", "disk"),
    ("broker_loss", "broker_loss", "broker_crash", "broker_restart"), ("cut",), ("half_open",),
    ("slow",), ("refuse",), ("read_models",), ("clock",),
)  # fmt: skip
# Begun before the others, and so healed after them: what is lost comes back only with the servers,
# and a clock is seen to jump by what the service logs.
BEGUN_FIRST: Final = ("read_models", "clock")

# Who asks while a read model is gone is told that there is no such petition.
EXPLAINED: Final[Mapping[str, frozenset[str]]] = {
    "read_models": frozenset({"petition_unknown", "original_unknown"}),
}


def chosen(rng: Random) -> str:
    """Return the name of a fault, or `MIXED`."""
    return rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]


def parts_of(fault: str, rng: Random) -> list[str]:
    """Return the faults that a name stands for, in the order in which they begin."""
    if fault != MIXED:
        return [fault]
    parts = [rng.choice(group) for group in rng.sample(MIXABLE, rng.randint(2, 4))]
    return sorted(parts, key=lambda part: part not in BEGUN_FIRST)


def explained_by(parts: Sequence[str]) -> frozenset[str]:
    """Return the refusals that the faults explain."""
    return frozenset[str]().union(*(EXPLAINED.get(part, frozenset()) for part in parts))


@contextmanager
def suffered(parts: Sequence[str], installation: Installation, rng: Random) -> Iterator[Harm]:
    """Give a block in which the faults last; begun one after the other, healed in reverse."""
    harm = Harm()
    with ExitStack() as healing:
        for number, part in enumerate(parts):
            if number:
                eventlet.sleep(rng.uniform(0, 0.3))
            fault = {**FAULTS, **CLUSTER_FAULTS}[part]
            try:
                harm.done.append(healing.enter_context(fault(installation, rng)))
            except NoMeans as lacking:
                harm.not_done.append(str(lacking))
        yield harm


def _some_instance(installation: Installation, rng: Random) -> Instance:
    name = rng.choice(sorted(installation.instances))
    return installation.instances[name]


def _some_proxy(installation: Installation, rng: Random) -> tuple[str, Proxy]:
    who, server = rng.choice(sorted(installation.proxies))
    if who == "callers":
        server = "rabbitmq"
    return f"{who} - {server}", installation.proxies[who, server]
