"""Every test is in one part of what `make test` runs: what is in none would never be run."""

from pathlib import Path

from tests.__main__ import IN_BETWEEN, WITH_SERVERS, Part

ROOT = Path(__file__).parents[2]


def files_of(part: Part) -> set[Path]:
    ignored = [ROOT / word.partition("=")[2] for word in part if word.startswith("--ignore=")]
    named = [ROOT / word for word in part if not word.startswith("--")]
    found = {path for each in named for path in ([each] if each.is_file() else under(each))}
    return {path for path in found if not any(path.is_relative_to(each) for each in ignored)}


def under(folder: Path) -> set[Path]:
    return set(folder.rglob("test_*.py"))


def test_every_test_file_is_in_exactly_one_part() -> None:
    parts = [files_of(part) for part in (*WITH_SERVERS, *IN_BETWEEN)]
    assert set().union(*parts) == under(ROOT / "tests")
    assert sum(map(len, parts)) == len(set().union(*parts))
