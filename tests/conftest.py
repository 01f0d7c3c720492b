"""Levels by folder, private servers for those tests that ask for one, Hypothesis profiles."""

import os
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import pytest
from hypothesis import settings

from tests.daemons import ServerFailed
from tests.servers import PostgresServer, RabbitServer

LEVELS = {
    "unit": "rules and parts, no server",
    "contract": "what is published: messages, schemas, calls, deployment",
    "integration": "one part against a real server",
    "system": "whole services, crashes included",
}

# The same examples on every run, so that a red build is about the change; a profile for the search.
settings.register_profile(
    "ci", derandomize=True, deadline=None, print_blob=True, database=None, max_examples=100
)
settings.register_profile("search", deadline=None, print_blob=True, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class Servers:
    """The servers of this run, each made when first asked for."""

    def __init__(self) -> None:
        self._endings = ExitStack()

    @cached_property
    def postgres(self) -> PostgresServer:
        # Nobody ends this one; the fault tests have durable ones of their own.
        server = PostgresServer(durable=False)
        self._endings.callback(server.remove)
        return server

    @cached_property
    def rabbit(self) -> RabbitServer:
        server = RabbitServer()
        self._endings.callback(server.remove)
        return server

    def launch(self, fixtures: set[str]) -> None:
        """Begin to start what the tests ahead will need, while others run already."""
        if fixtures & {"rabbit_server", "rabbitmq_uri"}:
            self.rabbit.launch()
        if fixtures & {"postgres_server", "postgres_url"}:
            self.postgres.launch()

    def remove(self) -> None:
        self._endings.close()


class LevelTally:
    """Counts the tests of each level and the seconds they took."""

    def __init__(self) -> None:
        self._tests: Counter[str] = Counter()
        self._seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        level = level_of(Path(report.nodeid.partition("::")[0]))
        self._seconds[level] += report.duration
        self._tests[level] += report.when == "setup"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_sep("=", "tests per level")
        for level in self._tests:
            count, seconds = self._tests[level], self._seconds[level]
            terminalreporter.write_line(f"{level:<12}{count:>6} tests{seconds:>9.1f} s")


SERVERS = pytest.StashKey[Servers]()


def level_of(path: Path) -> str:
    """Return the level of a test file, given relative to the root of the repository.

    Raises:
        pytest.UsageError: it lies outside the folders of the levels.
    """
    level = path.parts[1] if len(path.parts) > 2 else ""
    if level not in LEVELS:
        raise pytest.UsageError(f"{path} belongs to no level; the levels are {', '.join(LEVELS)}")
    return level


def pytest_configure(config: pytest.Config) -> None:
    for level, meaning in LEVELS.items():
        config.addinivalue_line("markers", f"{level}: {meaning}")
    config.stash[SERVERS] = Servers()
    config.pluginmanager.register(LevelTally())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with its level and put the fast levels first, while servers start."""
    order = list(LEVELS)
    levels = {item: level_of(item.path.relative_to(config.rootpath)) for item in items}
    for item, level in levels.items():
        item.add_marker(level)
    items.sort(key=lambda item: order.index(levels[item]))


def launch_or_exit(servers: Servers, asked_for: set[str]) -> None:
    try:
        servers.launch(asked_for)
    except ServerFailed as failure:
        pytest.exit(str(failure), returncode=2)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    servers = session.config.stash[SERVERS]
    asked_for = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    try:
        if not session.config.option.collectonly:
            launch_or_exit(servers, asked_for)
        return (yield)
    finally:
        servers.remove()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> PostgresServer:
    """A running private PostgreSQL that no test stops."""
    server = pytestconfig.stash[SERVERS].postgres
    server.start()
    return server


@pytest.fixture(scope="session")
def rabbit_server(pytestconfig: pytest.Config) -> RabbitServer:
    """A running private RabbitMQ; a test that stops it starts it again."""
    server = pytestconfig.stash[SERVERS].rabbit
    server.start()
    return server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of the superuser of the private PostgreSQL."""
    return postgres_server.url


@pytest.fixture(scope="session")
def rabbitmq_uri(rabbit_server: RabbitServer) -> str:
    """URI of the administrator of the private RabbitMQ."""
    return rabbit_server.uri
