"""The cases that ship with `eventsourcing`, on each database."""

from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.tests.application import ApplicationTestCase, ExampleApplicationTestCase
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    InfrastructureFactoryTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
from eventsourcing.utils import Environment

from chassis.eventstore.postgres import PostgresFactory
from chassis.eventstore.recorders import LogRecorder, StreamRecorder, TrackedPositionRecorder
from chassis.eventstore.sqlite import SQLiteFactory


class Case:
    """A test case whose environment names one database."""

    factory_class: type[InfrastructureFactory]

    @pytest.fixture(autouse=True)
    def _environment(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        variables = self.variables(request)
        variables["PERSISTENCE_MODULE"] = self.factory_class.__module__
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        self.env = Environment(env=variables)

    def variables(self, request: pytest.FixtureRequest) -> dict[str, str]:
        raise NotImplementedError

    def make_factory(self) -> Any:
        factory = InfrastructureFactory.construct(self.env)
        self.addCleanup(factory.close)
        return factory


class OnPostgres(Case):
    factory_class = PostgresFactory
    expected_factory_topic = "chassis.eventstore.postgres:PostgresFactory"

    def variables(self, request: pytest.FixtureRequest) -> dict[str, str]:
        return {"POSTGRES_URL": request.getfixturevalue("postgres_database")}


class OnSQLiteFile(Case):
    factory_class = SQLiteFactory
    expected_factory_topic = "chassis.eventstore.sqlite:SQLiteFactory"

    def variables(self, request: pytest.FixtureRequest) -> dict[str, str]:
        folder: Path = request.getfixturevalue("tmp_path")
        return {"SQLITE_DBNAME": str(folder / "log.db")}


class OnSQLiteMemory(OnSQLiteFile):
    def variables(self, request: pytest.FixtureRequest) -> dict[str, str]:
        return {"SQLITE_DBNAME": ":memory:"}


class Aggregates:
    def create_recorder(self) -> StreamRecorder:
        return self.make_factory().aggregate_recorder()


class Applications:
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True

    def create_recorder(self) -> LogRecorder:
        return self.make_factory().application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class Trackings:
    def create_recorder(self) -> TrackedPositionRecorder:
        return self.make_factory().tracking_recorder()


class Processes:
    def create_recorder(self) -> LogRecorder:
        return self.make_factory().process_recorder()


class NonInterleaving:
    def create_recorder(self) -> LogRecorder:
        return self.make_factory().application_recorder()


class OtherTrackedPositionRecorder(TrackedPositionRecorder):
    pass


# One case checks a warning of the library, in a way that needs it not to be an error.
log_is_deprecated = pytest.mark.filterwarnings("default:'log' is deprecated")


class Factories:
    def expected_factory_class(self) -> type[InfrastructureFactory]:
        return self.factory_class

    def expected_aggregate_recorder_class(self) -> type[StreamRecorder]:
        return StreamRecorder

    def expected_application_recorder_class(self) -> type[LogRecorder]:
        return LogRecorder

    def expected_tracking_recorder_class(self) -> type[TrackedPositionRecorder]:
        return TrackedPositionRecorder

    def tracking_recorder_subclass(self) -> type[TrackedPositionRecorder]:
        return OtherTrackedPositionRecorder

    def expected_process_recorder_class(self) -> type[LogRecorder]:
        return LogRecorder


class TestAggregatesOnPostgres(OnPostgres, Aggregates, AggregateRecorderTestCase):
    pass


class TestAggregatesOnSQLiteFile(OnSQLiteFile, Aggregates, AggregateRecorderTestCase):
    pass


class TestAggregatesInSQLiteMemory(OnSQLiteMemory, Aggregates, AggregateRecorderTestCase):
    pass


class TestApplicationsOnPostgres(OnPostgres, Applications, ApplicationRecorderTestCase):
    pass


class TestApplicationsOnSQLiteFile(OnSQLiteFile, Applications, ApplicationRecorderTestCase):
    pass


class TestApplicationsInSQLiteMemory(OnSQLiteMemory, Applications, ApplicationRecorderTestCase):
    pass


class TestTrackingsOnPostgres(OnPostgres, Trackings, TrackingRecorderTestCase):
    pass


class TestTrackingsOnSQLiteFile(OnSQLiteFile, Trackings, TrackingRecorderTestCase):
    pass


class TestTrackingsInSQLiteMemory(OnSQLiteMemory, Trackings, TrackingRecorderTestCase):
    pass


class TestProcessesOnPostgres(OnPostgres, Processes, ProcessRecorderTestCase):
    pass


class TestProcessesOnSQLiteFile(OnSQLiteFile, Processes, ProcessRecorderTestCase):
    pass


class TestProcessesInSQLiteMemory(OnSQLiteMemory, Processes, ProcessRecorderTestCase):
    pass


class TestIdsOnPostgres(OnPostgres, NonInterleaving, NonInterleavingNotificationIDsBaseCase):
    pass


class TestIdsOnSQLiteFile(OnSQLiteFile, NonInterleaving, NonInterleavingNotificationIDsBaseCase):
    pass


class TestIdsInSQLiteMemory(
    OnSQLiteMemory, NonInterleaving, NonInterleavingNotificationIDsBaseCase
):
    pass


class TestPostgresFactory(OnPostgres, Factories, InfrastructureFactoryTestCase):
    pass


class TestSQLiteFileFactory(OnSQLiteFile, Factories, InfrastructureFactoryTestCase):
    pass


class TestSQLiteMemoryFactory(OnSQLiteMemory, Factories, InfrastructureFactoryTestCase):
    pass


class TestExampleOnPostgres(OnPostgres, ExampleApplicationTestCase):
    pass


class TestExampleOnSQLiteFile(OnSQLiteFile, ExampleApplicationTestCase):
    pass


class TestExampleInSQLiteMemory(OnSQLiteMemory, ExampleApplicationTestCase):
    pass


@log_is_deprecated
class TestApplicationOnPostgres(OnPostgres, ApplicationTestCase):
    pass


@log_is_deprecated
class TestApplicationOnSQLiteFile(OnSQLiteFile, ApplicationTestCase):
    pass


@log_is_deprecated
class TestApplicationInSQLiteMemory(OnSQLiteMemory, ApplicationTestCase):
    pass


# pytest collects the base cases wherever it sees their names.
del (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    ApplicationTestCase,
    ExampleApplicationTestCase,
    InfrastructureFactoryTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
