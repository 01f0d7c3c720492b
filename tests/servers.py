"""Private PostgreSQL and RabbitMQ for the tests: own folders, own ports, gone with this process.

Root hands each server to an account without privileges, as PostgreSQL demands. Run as a program
this names the Debian packages that are missing.
"""

import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.daemons import (
    LOOPBACK,
    PORTS,
    Account,
    Daemon,
    Folder,
    ServerFailed,
    free_ports,
    minimal_environment,
    run,
)

_RABBITMQ_CONF = f"""\
log.console.level = warning
disk_free_limit.absolute = 10MB
vm_memory_high_watermark.absolute = 1GB
{(Path(__file__).resolve().parents[1] / "rabbitmq.conf").read_text()}"""


def missing_packages() -> list[str]:
    """Return the Debian packages to install before all tests can run."""
    wanted = {
        "postgresql": _postgresql_folder(),
        "rabbitmq-server": _rabbitmq_folder(),
        "libfaketime": fake_clock(),
        "golang-go": _folder_on_path("go"),
        "golang-golang-x-mod-dev": go_modules(),
    }
    return [package for package, folder in wanted.items() if folder is None]


def fake_clock() -> Path | None:
    """Return the library that gives a process a clock of its own; None where it is missing."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def go_modules() -> Path | None:
    """Return the folder with Go's transparency log packages; None where it is missing."""
    folder = Path("/usr/share/gocode")
    return folder if (folder / "src/golang.org/x/mod/sumdb/tlog").is_dir() else None


def _postgresql_folder() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    return _folder_on_path("postgres")


def _rabbitmq_folder() -> Path | None:
    # Debian's own commands on the path switch accounts; those behind them run as anybody.
    behind = Path("/usr/lib/rabbitmq/bin")
    return behind if behind.is_dir() else _folder_on_path("rabbitmq-server")


def _folder_on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found).resolve().parent if found else None


def _required(folder: Path | None, package: str) -> Path:
    if folder is None:
        raise ServerFailed(f"{package} is not installed; `make servers` installs it")
    return folder


class PostgresServer:
    """One PostgreSQL server; the roles and databases are the tests' own.

    Args:
        durable: whether it waits for the disk, as it must where something is to be lost with it.
            What a session or a service has committed outlives it either way.
    """

    _SETTINGS: Mapping[str, str] = {
        "cluster_name": "shouwen-tests",
        "listen_addresses": LOOPBACK,
        "max_connections": "200",
        "max_wal_size": "256MB",
        "shared_buffers": "32MB",
        "timezone": "UTC",
        "unix_socket_directories": "",
    }

    def __init__(self, *, durable: bool = True) -> None:
        self._durable = durable
        self._programs = _required(_postgresql_folder(), "postgresql")
        self._account = Account.for_servers("postgres")
        self._folder = Folder()
        self._home = self._account.folder(self._folder.path / "postgres")
        self._password = secrets.token_urlsafe(16)
        (self._port,) = free_ports(1)
        self._daemon: Daemon | None = None

    @property
    def url(self) -> str:
        """URL of the superuser."""
        return f"postgresql://postgres:{self._password}@{LOOPBACK}:{self._port}/postgres"

    @property
    def ports(self) -> tuple[int, ...]:
        """Where clients may connect."""
        return (self._port,)

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return self._daemon.pid if self._daemon is not None else None

    @property
    def password(self) -> str:
        """Of the superuser."""
        return self._password

    @property
    def log(self) -> Path:
        """What the server has written so far, of all its starts."""
        return self._home / "postgres.log"

    def launch(self) -> None:
        """Begin to start, unless it runs; `start` waits for it."""
        if self._daemon is not None:
            return
        if not self._records.exists():
            self._make_cluster()
        fsync = "on" if self._durable else "off"
        settings = {**self._SETTINGS, "port": str(self._port), "fsync": fsync}
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = self._account.command(
            self._programs / "postgres", "-D", self._records, *options, death_signal="QUIT"
        )
        self._daemon = Daemon(command, minimal_environment(self._home), self._home, "postgres")

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        self.launch()
        if self._daemon is not None:
            self._daemon.wait_until(self._accepts)

    def stop(self) -> None:
        """Stop in good order, ending every session."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Stop at once, as `pg_ctl stop -m immediate` does; the next start recovers."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop for good and leave nothing behind."""
        self.crash()
        self._folder.remove()

    @property
    def _records(self) -> Path:
        return self._home / "records"

    def _make_cluster(self) -> None:
        password = self._account.file(self._home / "password", self._password)
        command = self._account.command(
            self._programs / "initdb",
            f"--pgdata={self._records}",
            f"--pwfile={password}",
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        run(command, minimal_environment(self._home), self._home)

    def _accepts(self) -> bool:
        program = str(self._programs / "pg_isready")
        command = [program, "-q", "-h", LOOPBACK, "-p", str(self._port)]
        return subprocess.run(command, check=False).returncode == 0

    def _end(self, by: signal.Signals) -> None:
        if self._daemon is not None:
            self._daemon.end(by)
            self._daemon = None


class RabbitServer:
    """One RabbitMQ node, reachable from this machine only.

    Args:
        name: of the node on this machine.
        beside: a node whose port mapper and secret it shares, to make a cluster with it.
    """

    def __init__(self, name: str = "shouwen", beside: "RabbitServer | None" = None) -> None:
        self.node = f"{name}@localhost"
        self._programs = _required(_rabbitmq_folder(), "rabbitmq-server")
        self._account = Account.for_servers("rabbitmq")
        self._folder = Folder()
        self._home = self._account.folder(self._folder.path / "rabbitmq")
        self._beside = beside
        self._port, self._distribution_port, mapper_port = free_ports(3)
        self._mapper_port: int = beside._mapper_port if beside else mapper_port
        self._secret: str = beside._secret if beside else secrets.token_hex(16)
        self._env = self._settings()
        self._mapper: Daemon | None = None
        self._daemon: Daemon | None = None

    @property
    def uri(self) -> str:
        """URI of the administrator, in the default virtual host."""
        return f"amqp://guest:guest@{LOOPBACK}:{self._port}//"

    @property
    def ports(self) -> tuple[int, ...]:
        """Where clients may connect."""
        return (self._port,)

    @property
    def folder(self) -> Path:
        """Where it keeps all that it keeps."""
        return self._home

    @property
    def pid(self) -> int | None:
        """Process id of the node while it runs."""
        return self._daemon.pid if self._daemon is not None else None

    def launch(self) -> None:
        """Begin to start, unless it runs; `start` waits for it."""
        if self._mapper is None and self._beside is None:
            mapper = self._account.command("epmd")
            self._mapper = Daemon(mapper, self._env, self._home, "epmd")
        if self._daemon is None:
            node = self._account.command(self._programs / "rabbitmq-server")
            self._daemon = Daemon(node, self._env, self._home, "rabbitmq")

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        self.launch()
        if self._daemon is not None:
            self._daemon.wait_until(self._accepts)

    def stop(self) -> None:
        """Stop in good order; durable queues and persistent messages stay."""
        self._end(signal.SIGTERM)

    def crash(self) -> None:
        """Stop at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def join(self) -> None:
        """Make a cluster with the node beside, losing everything of its own."""
        if self._beside is None:
            raise ServerFailed(f"{self.node} has no node beside it")
        self.ctl("stop_app")
        self.ctl("join_cluster", self._beside.node)
        self.ctl("start_app")

    def reset(self) -> None:
        """Lose everything: every exchange, queue and message."""
        for command in ("stop_app", "reset", "start_app"):
            self.ctl(command)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on this node and return what it printed."""
        command = self._account.command(self._programs / "rabbitmqctl", "--quiet", *arguments)
        return run(command, self._env, self._home)

    def remove(self) -> None:
        """Stop for good and leave nothing behind."""
        self.crash()
        if self._mapper is not None:
            self._mapper.end(signal.SIGKILL)
            self._mapper = None
        self._folder.remove()

    def _accepts(self) -> bool:
        """Tell whether the node greets; it opens its port only after its queues are there."""
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=5) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def _end(self, by: signal.Signals) -> None:
        if self._daemon is not None:
            self._daemon.end(by)
            self._daemon = None

    def _settings(self) -> dict[str, str]:
        """Name every folder and file that RabbitMQ would else take from the machine."""
        home, own = self._home, self._account
        cookie = own.file(home / ".erlang.cookie", self._secret)
        cookie.chmod(0o400)
        # A container may be unable to resolve even `localhost`.
        hosts = own.file(
            home / "inetrc", '{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file, native]}.\n'
        )
        loopback_only = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
        return {
            **minimal_environment(home),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_INETRC": str(hosts),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(own.file(home / "advanced.config", "[].\n")),
            "RABBITMQ_CONFIG_FILE": str(own.file(home / "rabbitmq.conf", _RABBITMQ_CONF)),
            "RABBITMQ_CONFIG_FILES": str(own.folder(home / "conf.d")),
            "RABBITMQ_CONF_ENV_FILE": str(own.file(home / "rabbitmq-env.conf", "")),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(PORTS.start),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(PORTS.stop),
            "RABBITMQ_CTL_ERL_ARGS": loopback_only,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(own.file(home / "enabled_plugins", "[].\n")),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_PID_FILE": str(home / "rabbitmq.pid"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(home / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": loopback_only,
            # The script then becomes the server instead of a parent that would outlive it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


if __name__ == "__main__":
    print(*missing_packages())  # noqa: T201 - the answer of a program
