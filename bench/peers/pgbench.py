"""pgbench inserting the row of our log, with its indexes: what the server can do."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2

SCRIPT = """\
INSERT INTO pgbench_row VALUES (nextval('pgbench_position'), gen_random_uuid(), gen_random_uuid(),
1, 'bench.happened.v1', convert_to(repeat('x', 200), 'UTF8'), '2026-11-25T00:00:00.000000Z',
'clerk1', gen_random_uuid()::text, gen_random_uuid()::text);
"""


def prepare(url: str) -> None:
    """Make the table, like our log."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE pgbench_row (LIKE intake.event_log INCLUDING ALL)")
        cursor.execute("CREATE SEQUENCE pgbench_position CACHE 1")
    connection.close()


def insert(programs: Path, url: str, clients: int, seconds: float) -> list[float]:
    """Return the latency of each insert, in seconds."""
    with TemporaryDirectory(prefix="shouwen-bench-") as folder:
        (Path(folder) / "row.sql").write_text(SCRIPT)
        options = ["-n", "-M", "prepared", "-f", "row.sql", "-c", str(clients), "-j", "1"]
        logging = ["-T", str(max(1, round(seconds))), "-l"]
        command = [str(programs / "pgbench"), *options, *logging, url]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        lines = [
            line.split()
            for log in Path(folder).glob("pgbench_log.*")
            for line in log.read_text().splitlines()
        ]
    return [int(line[2]) / 1_000_000 for line in lines]
