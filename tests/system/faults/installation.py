"""A whole installation that can be hurt in every part: services, network, servers, disk, clocks."""

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import eventlet
import psycopg2
from eventlet.semaphore import Semaphore

from chassis.eventstore.instants import instant_of, utc_now
from chassis.identity import TokenIssuer, development_key
from shouwen.hosting import SERVICES, migrate_all
from tests.daemons import minimal_environment, run
from tests.servers import PostgresServer, RabbitServer, fake_clock
from tests.system.faults.clusters import PostgresPair, RabbitCluster
from tests.system.faults.proxy import Proxy

ROOT: Final = Path(__file__).resolve().parents[3]
SERVERS: Final = ("postgres", "rabbitmq")
DISK_SIZE: Final = "4g"
TOKEN_VALID_FOR_S: Final = 366 * 86_400
# Tokens must be valid on a clock that was set back too.
ISSUED_BEFORE: Final = timedelta(days=30)
START_PATIENCE_S: Final = 90
CLOCK_LIMIT_S: Final = 20
CLOCK_TOLERANCE_S: Final = 1.0
_CLONE_NEWNS: Final = 0x00020000


def wait_until(holds: Callable[[], Any], within_s: float, what: str, pause_s: float = 0.05) -> Any:
    """Wait for the thing itself.

    Raises:
        AssertionError: it did not happen in time.
    """
    with eventlet.Timeout(within_s, AssertionError(f"not within {within_s:g} s: {what}")):
        while not (found := holds()):
            eventlet.sleep(pause_s)
    return found


@dataclass
class Instance:
    """One process of one service."""

    service: str
    name: str
    environment: Mapping[str, str]
    home: Path
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    _begins_at: int = 0
    turn: Semaphore = field(default_factory=Semaphore)

    def start(self) -> None:
        """Start it, unless it runs: two faults may have ended it and both heal.

        To start a process lets others run, who must not find none and start a second one.
        """
        with self.turn:
            self._start_once()
        # Not before: whoever supervises would take the one that was killed for one that died.
        self.wanted = True

    def _start_once(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        with self.log.open("ab") as log:
            self._begins_at = log.tell()
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "--",
                 sys.executable, "-m", "shouwen", "serve", self.service],
                env=self.environment, cwd=self.home, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def log(self) -> Path:
        """What it writes, of all its starts."""
        return self.home / f"{self.name}.log"

    def is_up(self) -> bool:
        """Tell whether it has said that it started, since it was started last."""
        if not self.log.exists():
            return False
        with self.log.open("rb") as log:
            log.seek(self._begins_at)
            return b"services_started" in log.read()

    def send(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.wanted = False
        self.send(signal.SIGKILL)
        self._wait(10)

    def stop(self) -> int:
        """End it in good order; return its exit status.

        One that had not come up yet may end by the signal itself: it had nothing in hand.
        """
        self.wanted, was_up = False, self.is_up()
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        code = self._wait(60)
        return 0 if code == -signal.SIGTERM and not was_up else code

    def died(self) -> bool:
        """Tell whether it ended although nobody asked for it."""
        return self.wanted and self.process is not None and self.process.poll() is not None

    def _wait(self, within_s: float) -> int:
        process = self.process
        if process is None:
            return 0
        code: int = process.wait(within_s)
        return code


@dataclass
class Installation:
    """Attributes: deaths: processes that ended by themselves and were started again, or badly."""

    postgres: PostgresServer | PostgresPair
    rabbit: RabbitServer | RabbitCluster
    home: Path
    each: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    deaths: list[str] = field(default_factory=list)
    instances: dict[str, Instance] = field(default_factory=dict)
    proxies: dict[tuple[str, str], Proxy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        key, _ = development_key(self.home / "keys" / "development.pem")
        self.issuer = TokenIssuer(key, lambda: utc_now() - ISSUED_BEFORE)
        self.database = f"faults_{uuid.uuid4().hex[:8]}"
        self._supervisor: Any = None

    @property
    def database_url(self) -> str:
        """The superuser's, past every proxy."""
        return self.postgres.url.rsplit("/", 1)[0] + f"/{self.database}"

    def start(self) -> None:
        _run_sql(self.postgres.url, f"CREATE DATABASE {self.database}")
        migrate_all(lambda _service: self.database_url)
        for who in (*SERVICES, "callers"):
            for server in SERVERS:
                self.proxies[who, server] = Proxy(*self._server(server).ports)
        for service in SERVICES:
            for number in range(1, self.each + 1):
                self._add(service, number)
        self._supervisor = eventlet.spawn(self._supervise)

    def run_each(self, each: int) -> None:
        """Let so many processes of each service run from now on; return when they are up."""
        for service in SERVICES:
            running = self.of(service)
            for number in range(len(running) + 1, each + 1):
                self._add(service, number)
                added = self.of(service)[-1]
                # Before that nobody is there to take a signal.
                wait_until(added.is_up, START_PATIENCE_S, f"{added.name} starts")
            for surplus in running[each:]:
                del self.instances[surplus.name]
                self.stop_one(surplus)
        self.each = each

    def stop_one(self, instance: Instance) -> int:
        """End a process in good order; return its exit status, noted when it was not."""
        code = instance.stop()
        if code:
            self.deaths.append(f"{instance.name} (exit {code})")
        return code

    def stop(self) -> None:
        if self._supervisor is not None:
            self._supervisor.kill()
        for instance in self.instances.values():
            instance.send(signal.SIGCONT)
            instance.kill()
        for proxy in self.proxies.values():
            proxy.close()

    def of(self, service: str) -> list[Instance]:
        return [each for each in self.instances.values() if each.service == service]

    def token(self, who: str, roles: Sequence[str], office: str = "") -> str:
        return self.issuer.issue(who, roles, office, TOKEN_VALID_FOR_S)

    def amqp_uri(self, who: str) -> str:
        return self._through(self.rabbit.uri, who, "rabbitmq")

    def environment(self, service: str) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SHOUWEN_AMQP_URI": self.amqp_uri(service),
            "SHOUWEN_DATABASE_URL": self._through(self.database_url, service, "postgres"),
            "SHOUWEN_HOME": str(self.home),
            "SHOUWEN_IDENTITY_KEYS": json.dumps(self.issuer.jwks()),
            "SHOUWEN_SERVICE_TOKEN": self.token(f"service:{service}", ["service"]),
            "SHOUWEN_VAULT_KEY": urlsafe_b64encode(b"k" * 32).decode(),
            "SHOUWEN_LEDGER_KEY": urlsafe_b64encode(b"l" * 32).decode(),
            **self._clock_of(service),
            **self.settings,
        }

    def set_clock(self, service: str, offset_s: int) -> None:
        """Let the clock of a service differ from the machine's."""
        # Whoever reads the file while it is written would find it empty.
        fresh = self._clock_file(service).with_suffix(".fresh")
        fresh.write_text(f"{offset_s:+d}\n")
        fresh.replace(self._clock_file(service))

    def await_clock(self, service: str, offset_s: int) -> None:
        """Wait until a process of the service has logged something at the time it was given.

        Raises:
            AssertionError: its clock did not jump.
        """
        logs = {each.log: each.log.stat().st_size for each in self.of(service)}
        wait_until(
            lambda: any(_logged_at(log, begin, offset_s) for log, begin in logs.items()),
            CLOCK_LIMIT_S,
            f"the clock of {service} jumps by {offset_s} s",
        )

    def sql(self, statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement as superuser; return its rows, if it has any."""
        return _run_sql(self.database_url, statement, params)

    def operate(self, *command: str) -> str:
        """Run a command of `shouwen` past every proxy; return what it printed."""
        service = command[1] if len(command) > 1 and command[1] in SERVICES else "audit"
        token = self.token("operator", ["operator"])
        env = {
            **self.environment(service),
            "SHOUWEN_AMQP_URI": self.rabbit.uri,
            "SHOUWEN_DATABASE_URL": self.database_url,
            "SHOUWEN_TOKEN": token,
        }
        return run([sys.executable, "-m", "shouwen", *command], env, self.home)

    def _add(self, service: str, number: int) -> None:
        name = f"{service}-{number}"
        self.instances[name] = Instance(service, name, self.environment(service), self.home)
        self.instances[name].start()

    def _supervise(self) -> None:
        """Start again what ended by itself, as systemd does."""
        while True:
            for instance in list(self.instances.values()):
                if instance.died():
                    self.deaths.append(instance.name)
                    instance.start()
            eventlet.sleep(0.3)

    def _server(self, name: str) -> PostgresServer | PostgresPair | RabbitServer | RabbitCluster:
        return self.postgres if name == "postgres" else self.rabbit

    def _through(self, url: str, who: str, server: str) -> str:
        parts = urlsplit(url)
        near = f"{parts.hostname}:{self.proxies[who, server].port}"
        return urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@{near}"))

    def _clock_file(self, service: str) -> Path:
        return self.home / f"{service}.clock"

    def _clock_of(self, service: str) -> dict[str, str]:
        library = fake_clock()
        if library is None:
            return {}
        self.set_clock(service, 0)
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock_file(service)),
            # A jump is shorter than the least time for which it would keep the last one in mind.
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


def _logged_at(log: Path, begin: int, offset_s: int) -> bool:
    """Tell whether the log has lines of the shifted time, behind that many bytes."""
    wanted = utc_now() + timedelta(seconds=offset_s)
    with log.open("rb") as file:
        file.seek(begin)
        stamps = re.findall(rb'"timestamp": "([^"]+)"', file.read())
    return any(
        abs((instant_of(stamp.decode()) - wanted).total_seconds()) < CLOCK_TOLERANCE_S
        for stamp in stamps
    )


def _run_sql(url: str, statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


class SmallDiskPostgres(PostgresServer):
    """PostgreSQL whose records lie on a disk of their own, where root may mount one."""

    def __init__(self) -> None:
        super().__init__()
        self.disk_can_fill = os.geteuid() == 0 and _own_mounts()
        if self.disk_can_fill:
            self._records.mkdir()
            _mount("-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", self._records)
            self._account.give(self._records)
            self._records.chmod(0o700)

    def fill_disk(self) -> None:
        wait_until(self._filled, 10, "the disk is full", pause_s=0)

    def _filled(self) -> bool:
        """Leave no room beyond what is used; False when more was used meanwhile."""
        used = os.statvfs(self._records)
        size = (used.f_blocks - used.f_bfree) * used.f_frsize
        command = ["mount", "-o", f"remount,size={size}", str(self._records)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def empty_disk(self) -> None:
        _mount("-o", f"remount,size={DISK_SIZE}", self._records)

    def ensure_running(self) -> None:
        """Start it again where it gave up, as an operator does."""
        if not self._accepts():
            self.crash()
            self.start()

    def launch(self) -> None:
        if self._daemon is None and not (self._records / "PG_VERSION").exists():
            self._make_cluster()
        super().launch()

    def remove(self) -> None:
        self.crash()
        if self.disk_can_fill:
            run(["umount", str(self._records)], minimal_environment(self._home), self._home)
        self._folder.remove()


def _own_mounts() -> bool:
    """Let what this process mounts go when it goes; False where that is not allowed."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNS) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode == 0


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


@contextmanager
def installed(
    postgres: PostgresServer | PostgresPair,
    rabbit: RabbitServer | RabbitCluster,
    home: Path,
    each: int = 1,
    **settings: str,
) -> Iterator[Installation]:
    """Give a running installation on the servers, its services with these variables too."""
    installation = Installation(postgres, rabbit, home, each, settings)
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()
