"""Several first commands in a new folder agree on its keys."""

import subprocess
import sys
from pathlib import Path

import pytest

from chassis.identity import development_key, thumbprint, write_private
from shouwen.embedded import VAULT_KEY, embedded

ROOT = Path(__file__).parents[3]
# Both meet at the moment when each has seen that there is no key yet.
MAKE_KEYS = """
import sys
from pathlib import Path
from chassis import identity
from shouwen import embedded

def when_all_are_here(path, content, write=identity.write_private):
    print("here", flush=True)
    sys.stdin.readline()
    write(path, content)

identity.write_private = embedded.write_private = when_all_are_here
made = embedded.embedded(Path(sys.argv[1]))
print(made.issuer.key_id, made.surroundings.variables.text(embedded.VAULT_KEY))
"""


def test_all_use_the_keys_that_are_kept(tmp_path: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", MAKE_KEYS, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(2)
    ]
    for _ in ("development key", "vault key"):
        for command in commands:
            assert command.stdout is not None
            assert command.stdout.readline() == "here\n"
        for command in commands:
            assert command.stdin is not None
            command.stdin.write("\n")
            command.stdin.flush()
    used = {command.communicate(timeout=20)[0].splitlines()[-1] for command in commands}
    kept = embedded(tmp_path)
    assert used == {f"{kept.issuer.key_id} {kept.surroundings.variables.text(VAULT_KEY)}"}


def test_the_key_is_the_same_the_second_time(tmp_path: Path) -> None:
    (first, new), (again, new_again) = (development_key(tmp_path / "key.pem") for _ in range(2))
    assert thumbprint(first.public_key()) == thumbprint(again.public_key())
    assert (new, new_again) == (True, False)


def test_a_private_file_is_never_overwritten_and_leaves_no_draft(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key", b"first")]
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
