"""What the two factories share; each persistence module adds its database."""

from typing import Generic, TypeVar, cast

from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from chassis.eventstore.database import Database
from chassis.eventstore.instants import utc_now
from chassis.eventstore.recorders import LogRecorder, StreamRecorder, TrackedPositionRecorder
from chassis.eventstore.recording import Clock
from chassis.eventstore.schema import create_log_v1, create_stream_table_v1

D = TypeVar("D", bound=Database)


class RecorderFactory(InfrastructureFactory[TrackedPositionRecorder], Generic[D]):
    """Builds recorders on one database.

    The library takes a persistence module for one with two factories when this class shows up in
    it; being generic, it is passed over.

    Beside those of the library, the variable `CREATE_TABLE` says whether missing tables are
    created (default: yes).

    Attributes:
        clock: given to the recorders that are built from then on.
    """

    CREATE_TABLE = "CREATE_TABLE"

    def __init__(self, env: Environment | EnvType | None, database: D) -> None:
        super().__init__(env)
        self.database = database
        self.clock: Clock = utc_now

    def aggregate_recorder(self, purpose: str = "events") -> StreamRecorder:
        table = f"stored_{purpose}"
        if self._creates_tables():
            self.database.define(
                create_stream_table_v1(self.database.dialect, self.database.schema, table)
            )
        return StreamRecorder(self.database, table)

    def application_recorder(self) -> LogRecorder:
        return self._log_recorder(self.APPLICATION_RECORDER_TOPIC)

    def process_recorder(self) -> LogRecorder:
        return self._log_recorder(self.PROCESS_RECORDER_TOPIC)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackedPositionRecorder] | None = None
    ) -> TrackedPositionRecorder:
        self._create_log()
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        named = resolve_topic(topic) if topic else TrackedPositionRecorder
        recorder_class = cast("type[TrackedPositionRecorder]", tracking_recorder_class or named)
        return recorder_class(self.database)

    def close(self) -> None:
        self.database.close()

    def _log_recorder(self, variable: str) -> LogRecorder:
        self._create_log()
        topic = self.env.get(variable)
        recorder_class = cast("type[LogRecorder]", resolve_topic(topic) if topic else LogRecorder)
        return recorder_class(self.database, self.clock)

    def _create_log(self) -> None:
        if self._creates_tables():
            database = self.database
            database.define(create_log_v1(database.dialect, database.schema, database.role))

    def _creates_tables(self) -> bool:
        return strtobool(self.env.get(self.CREATE_TABLE) or "yes")
