"""roundup: create an issue and assign it, through its own REST API.

It opens a database connection per request, as it ships; there is no setting that keeps one. A
change demands the ETag of what is changed, so assigning takes two requests.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

from bench.measuring import Load, Round
from bench.peers.environment import BIN
from bench.peers.http import Client, basic, gunicorn
from bench.servers import Servers

NAME: Final = "roundup"
_PASSWORD: Final = "a password"


@contextmanager
def creating_and_assigning(servers: Servers, callers: int) -> Iterator[Round]:
    with TemporaryDirectory(prefix="shouwen-bench-") as folder:
        home = Path(folder) / "tracker"
        _prepare(home, servers.make_database("roundup"))
        with gunicorn("bench.peers.roundup_site:application", {"ROUNDUP_HOME": str(home)}) as port:
            headers = {
                "Authorization": basic("admin", _PASSWORD),
                "Host": "127.0.0.1",
                "Origin": "http://127.0.0.1",
                "X-Requested-With": "rest",
            }
            clients = [Client(port, headers) for _ in range(callers)]

            def create_and_assign(caller: int, load: Load) -> None:
                ask = clients[caller].ask
                issue = {"title": "电梯停运"}
                made = load.timed("create", ask, "POST", "/rest/data/issue", issue)
                load.timed("assign", _assign, clients[caller], made["data"]["id"])

            yield create_and_assign


def _assign(client: Client, issue: str) -> None:
    path = f"/rest/data/issue/{issue}"
    tag = client.ask("GET", path)["data"]["@etag"]
    client.ask("PUT", f"{path}/assignedto", {"data": "1"}, **{"If-Match": tag})


def _prepare(home: Path, database_url: str) -> None:
    admin = [str(BIN / "roundup-admin"), "-i", str(home)]
    database = urlsplit(database_url)
    settings = {
        "rdbms_backend": "postgresql",
        "rdbms_name": database.path.lstrip("/"),
        "rdbms_host": database.hostname,
        "rdbms_port": database.port,
        "rdbms_user": database.username,
        "rdbms_password": database.password,
        "tracker_web": "http://127.0.0.1/",
        "mail_domain": "example.org",
        "mail_host": "localhost",
        "mail_debug": str(home / "mail"),
        # Not the password's strength is measured.
        "password_pbkdf2_default_rounds": 1000,
    }
    given = ",".join(f"{name}={value}" for name, value in settings.items())
    _run([*admin, "install", "classic", "postgresql", given])
    _run([*admin, "initialise", _PASSWORD], answer="y\n")


def _run(command: list[str], answer: str = "") -> None:
    done = subprocess.run(command, input=answer, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[:4]} failed: {done.stdout[-1500:]}{done.stderr[-1500:]}")
