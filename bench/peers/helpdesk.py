"""django-helpdesk: create a ticket and assign it, through its own REST API."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.measuring import Load, Round
from bench.peers.environment import BIN
from bench.peers.http import ROOT, Client, gunicorn
from bench.servers import Servers

NAME: Final = "django-helpdesk"
_CSRF: Final = "b" * 32


@contextmanager
def creating_and_assigning(servers: Servers, callers: int) -> Iterator[Round]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "bench.peers.helpdesk_site.settings",
        "HELPDESK_DATABASE_URL": servers.make_database("helpdesk"),
    }
    made = _prepare(environment)
    with gunicorn("bench.peers.helpdesk_site.wsgi:application", environment) as port:
        headers = {
            "Cookie": f"sessionid={made['session']}; csrftoken={_CSRF}",
            "X-CSRFToken": _CSRF,
        }
        clients = [Client(port, headers) for _ in range(callers)]

        def create_and_assign(caller: int, load: Load) -> None:
            ask = clients[caller].ask
            ticket = {
                "queue": made["queue"],
                "title": "电梯停运",
                "description": "电梯停运三周,老人上下楼困难。",
                "submitter_email": "p@example.org",
                "priority": 3,
            }
            created = load.timed("create", ask, "POST", "/api/tickets/", ticket)
            assigned = {"assigned_to": made["staff"]}
            load.timed("assign", ask, "PATCH", f"/api/tickets/{created['id']}/", assigned)

        yield create_and_assign


def _prepare(environment: dict[str, str]) -> dict[str, str]:
    command = [str(BIN / "python"), "-m", "bench.peers.helpdesk_site.prepare"]
    given = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=given, check=True, stdout=subprocess.PIPE)
    made: dict[str, str] = json.loads(done.stdout)
    return made
