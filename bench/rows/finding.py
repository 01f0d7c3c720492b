"""search and caseload with few and with many petitions: one page of fifty, one caller.

What these cost depends on what the tables hold, not on how it came there, so the tables are filled
by the database itself: a hundred offices, ten channels, nine in ten matters closed.
"""

from collections.abc import Iterator
from typing import Any, Final

from bench.measuring import OURS, Load, Measurement, closed_loop
from bench.run import Run
from bench.services import OFFICE, Running

FEW: Final = 10_000
MANY: Final = 1_000_000
OWNER: Final = "leader1"
QUESTIONS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "search, office and state": ("clerk", "intake.search", {"office": OFFICE, "state": "owned"}),
    "search, all offices": ("auditor", "intake.search", {"channel": "qr"}),
    "caseload": ("leader", "responsibility.caseload", {"owner": OWNER}),
    "terms, late": ("clerk", "responsibility.terms", {"office": OFFICE, "late": True}),
}

# n to its values: office 1 to 99 of the county, so that every hundredth petition is in each.
_PETITIONS: Final = """
    INSERT INTO intake.petition
    SELECT 'p' || n, number, office, '330424',
        (ARRAY['letter','visit','call','online','qr','agent','reception_day','transfer','feed',
            'visit'])[n % 10 + 1],
        'appeal', '城乡建设/物业管理', 1, at, at, 'clerk1', 0, 'p' || n, number, '', n
    FROM numbered WHERE n BETWEEN {first} AND {last}"""
_PROGRESS: Final = """
    INSERT INTO intake.progress
    SELECT number, CASE WHEN n / 100 % 10 = 0 THEN 'owned' ELSE 'closed' END, at, 'leader1'
    FROM numbered WHERE n BETWEEN {first} AND {last}"""
_CASELOAD: Final = """
    INSERT INTO responsibility.caseload
    SELECT number, office, 'visit', 'appeal', '', at, 'leader' || n / 100 % 500 + 1, at,
        CASE WHEN n / 100 % 10 = 0 THEN 'owned' ELSE 'closed' END, 0
    FROM numbered WHERE n BETWEEN {first} AND {last}"""
_TERMS: Final = """
    INSERT INTO responsibility.term
    SELECT number || '/first_step', number, 'first_step', office, 739000 + n / 3000,
        CASE WHEN n / 100 % 10 = 0 THEN '' ELSE '2026-03-01' END, 0, 0
    FROM numbered WHERE n BETWEEN {first} AND {last}"""
_NUMBERED: Final = """
    CREATE OR REPLACE VIEW public.numbered AS
    SELECT n, 'XF-330424-2026010' || n / 900000 + 1 || '-' || lpad((n % 900000)::text, 6, '0')
            || '-X' AS number,
        '330424-' || lpad((n % 100)::text, 2, '0') AS office,
        to_char(TIMESTAMP '2026-01-01' + n * INTERVAL '30 s', 'YYYY-MM-DD"T"HH24:MI:SS') ||
            '.000000Z' AS at
    FROM generate_series(1, {last}) AS n"""


def measure(run: Run) -> Iterator[Measurement]:
    kept = 0
    with run.platform() as running:
        for petitions in (FEW, MANY):
            _fill(running, kept + 1, petitions)
            kept = petitions
            for name, (role, method, given) in QUESTIONS.items():

                def ask(_caller: int, load: Load) -> None:
                    load.timed(name, running.call, role, method, **given)  # noqa: B023 - asked now

                load = closed_loop(1, run.seconds / len(QUESTIONS), ask)
                yield load.measurement(
                    name, OURS, "calls/s", parameter=f"at {petitions:,}", goal="p99 under 20 ms"
                )


def _fill(running: Running, first: int, last: int) -> None:
    running.execute(_NUMBERED.format(last=last))
    for statement in (_PETITIONS, _PROGRESS, _CASELOAD, _TERMS):
        running.execute(statement.format(first=first, last=last))
    running.execute("ANALYZE")
