"""What is built and installed elsewhere has all that the code and its callers read."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "chassis", "services", "shouwen", "statute")


def contents() -> list[Path]:
    """Return the files below our packages that are no modules of one."""
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts and not _is_module(path)]


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" and (path.parent / "__init__.py").exists()


def _named(package: str) -> list[Path]:
    if package != "*":
        return [ROOT / package.replace(".", "/")]
    return [each.parent for name in PACKAGES for each in (ROOT / name).rglob("__init__.py")]


def packed() -> set[Path]:
    """Return the files that pyproject.toml names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        path
        for package, patterns in settings["tool"]["setuptools"]["package-data"].items()
        for folder in _named(package)
        for pattern in patterns
        for path in folder.glob(pattern)
    }


def test_every_file_beside_the_modules_is_packed():
    """Schemas, examples and migrations among them."""
    beside = contents()
    assert beside
    assert {path.relative_to(ROOT).as_posix() for path in beside if path not in packed()} == set()
