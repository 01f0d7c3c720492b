"""One petition through all four services, called by a client that has no code of ours."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg2
import pytest
from nameko.exceptions import RemoteError

from tests.system.conftest import Platform, wait_until

OFFICE = "330424-01"
NAME = "欧阳测试甲"
PHONE = "15400009999"


def registration(**given: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "office": OFFICE,
        "channel": "visit",
        "petition_class": "appeal",
        "category": "城乡建设/物业管理",
        "title": "电梯停运",
        "body": "电梯停运三周,老人上下楼困难。",
        "occurred_at": "2026-10-09T09:30:00+08:00",
        "petitioner": {"name": NAME, "phone": PHONE},
        **given,
    }


class TestWholeCourse:
    def test_register_receive_owner_close_replay(self, platform: Platform) -> None:
        with platform.caller("K1", ["clerk"], OFFICE) as clerk:
            number = clerk.intake.register(**registration(title="whole course"))["number"]
        with platform.caller("L1", ["leader"], OFFICE) as leader:
            received = leader.responsibility.receive(request_id=str(uuid.uuid4()), number=number)
            assert received["standing"] == "first"
            assert leader.responsibility.owner_of(number=number)["owner"] == "L1"
            closed = leader.responsibility.close(
                request_id=str(uuid.uuid4()),
                number=number,
                outcome="settled",
                reply_document="D-1",
                follow_up_visit_at="2026-10-20T09:00:00+08:00",
                evaluation_asked_at="2026-10-20T09:00:00+08:00",
            )
            assert closed["state"] == "closed"
        with platform.caller("A1", ["auditor"]) as auditor:
            history = auditor.audit.replay(number=number)
        types = [entry["type"] for entry in history["entries"]]
        assert types[0] == "petition.registered.v1"
        for expected in ("ownership.awaited.v1", "ownership.taken.v1", "case.closed.v1"):
            assert expected in types

    def test_same_request_id_is_answered_from_the_record(self, platform: Platform) -> None:
        given = registration(title="twice")
        with platform.caller("K1", ["clerk"], OFFICE) as clerk:
            first = clerk.intake.register(**given)
            assert clerk.intake.register(**given) == first
            with pytest.raises(RemoteError) as refused:
                clerk.intake.register(**{**given, "title": "another"})
        assert refused.value.exc_type == "request_id_reused"


class TestRaceForFirst:
    def test_fifty_leaders_at_once_have_one_winner(self, platform: Platform) -> None:
        """50 concurrent receptions over real RPC: one owner, 49 are told who."""
        with platform.caller("K1", ["clerk"], OFFICE) as clerk:
            numbers = [
                clerk.intake.register(**registration(title=f"race {round_}"))["number"]
                for round_ in range(4)
            ]
        for number in numbers:
            with ThreadPoolExecutor(50) as pool:
                answers = list(pool.map(partial(_receive, platform, number), range(50)))
            winners = [a["owner"] for a in answers if a["standing"] == "first"]
            assert len(winners) == 1
            assert {a["owner"] for a in answers} == set(winners)


class TestPersonalData:
    def test_names_stay_in_intake(self, platform: Platform) -> None:
        with platform.caller("K1", ["clerk"], OFFICE) as clerk:
            clerk.intake.register(**registration(title="planted name"))
        wait_until(lambda: _caught_up(platform))
        connection = psycopg2.connect(platform.database_url)
        with connection.cursor() as cursor:
            for table in _tables(cursor):
                cursor.execute(f"SELECT t::text FROM {table} t")
                text = "".join(row[0] for row in cursor.fetchall())
                assert NAME not in text
                assert NAME.encode().hex() not in text
                assert PHONE not in text
        connection.close()
        assert NAME not in platform.logs()
        assert PHONE not in platform.logs()


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET actor = ''", "DELETE FROM {}", "TRUNCATE {}"]
    )
    def test_the_service_role_cannot_change_history(
        self, platform: Platform, statement: str
    ) -> None:
        connection = psycopg2.connect(platform.database_url, options="-c role=shouwen_intake")
        with connection.cursor() as cursor, pytest.raises(psycopg2.Error):
            cursor.execute(statement.format("intake.event_log"))
        connection.close()


def _receive(platform: Platform, number: str, n: int) -> Any:
    with platform.caller(f"L{n:03d}", ["leader"], OFFICE) as leader:
        return leader.responsibility.receive(request_id=str(uuid.uuid4()), number=number)


def _caught_up(platform: Platform) -> bool:
    with platform.caller("O1", ["operator"]) as proxy:
        heads = {s: getattr(proxy, s).health()["head"] for s in ("intake", "responsibility")}
        applied = proxy.audit.health()["applied"]
    return all(applied[service] >= head for service, head in heads.items())


def _tables(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables"
        " WHERE schemaname IN ('intake', 'responsibility', 'notify', 'audit')"
    )
    return [row[0] for row in cursor.fetchall()]
