"""Server processes of the tests: an account, a locked folder, a port, and no outliving the tests.

The kernel ends every process started here when its parent dies in whatever way
(`setpriv --pdeathsig`). To the kernel the parent is the thread, so start them from the main one.
"""

import contextlib
import fcntl
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the ports that outgoing connections take, so that a stopped server gets its port back.
PORTS = range(20_000, 32_000)
_RABBITMQ_DISTRIBUTION_PORT = 25_672
_FOLDER_PREFIX = f"shouwen-tests-{os.geteuid()}-"
_SETTLING_S = 60
_PATIENCE_S = 90


class ServerFailed(Exception):  # noqa: N818 - it says what is the case
    """A server did not come up or did not answer; the message holds the end of its log."""


def free_ports(count: int) -> list[int]:
    candidates = random.SystemRandom().sample(PORTS, len(PORTS))
    free = (port for port in candidates if port != _RABBITMQ_DISTRIBUTION_PORT and _is_free(port))
    return [next(free) for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class Folder:
    """A folder under a lock: what is not locked was left by a killed run, and is swept away."""

    def __init__(self) -> None:
        self._sweep()
        self.path = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
        self.path.chmod(0o711)
        self._lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        shutil.rmtree(self.path)
        os.close(self._lock)

    @staticmethod
    def _sweep() -> None:
        for path in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
            # Another run may be sweeping too: what is gone or locked is its affair.
            with contextlib.suppress(FileNotFoundError, BlockingIOError):
                _remove_if_abandoned(path)


def _remove_if_abandoned(path: Path) -> None:
    status = path.lstat()
    if status.st_uid != os.geteuid() or status.st_mtime > time.time() - _SETTLING_S:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Account:
    """The account that servers run under: a named one for root, else one's own."""

    name: str | None

    @classmethod
    def for_servers(cls, preferred: str) -> "Account":
        if os.geteuid() != 0:
            return cls(None)
        known = {entry.pw_name for entry in pwd.getpwall()}
        return cls(preferred if preferred in known else "nobody")

    def folder(self, path: Path) -> Path:
        """Make a folder that only this account reads."""
        path.mkdir(mode=0o700)
        self.give(path)
        return path

    def file(self, path: Path, text: str) -> Path:
        """Write a file that only this account reads."""
        path.touch(mode=0o600)
        path.write_text(text)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self.name is not None:
            entry = pwd.getpwnam(self.name)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def command(self, *command: str | Path, death_signal: str = "KILL") -> list[str]:
        """Return the command under this account, ended by the signal when its parent dies."""
        drop = []
        if self.name is not None:
            entry = pwd.getpwnam(self.name)
            drop = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        return ["setpriv", f"--pdeathsig={death_signal}", *drop, "--", *map(str, command)]


class Daemon:
    """A server in the foreground of its own session, so that Ctrl-C reaches only the tests."""

    def __init__(self, command: list[str], env: Mapping[str, str], folder: Path, name: str) -> None:
        self._log = folder / f"{name}.log"
        self._name = name
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for the server to be ready.

        Raises:
            ServerFailed: it ended, or time ran out.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = self._log.read_text(errors="replace")[-4000:]
                raise ServerFailed(f"{self._name} did not come up:\n{tail}")
            time.sleep(0.05)

    def end(self, by: signal.Signals) -> None:
        """Send the signal and wait for the end, which is brought about by force if need be."""
        self._process.send_signal(by)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def minimal_environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}


def run(command: list[str], env: Mapping[str, str], folder: Path) -> str:
    done = subprocess.run(
        command,
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode != 0:
        raise ServerFailed(f"{command} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
