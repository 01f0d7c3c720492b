"""Write the published documents, or check that they are what the types say."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from contracts.generate.asyncapi import asyncapi
from contracts.generate.schemas import schemas

HOME: Final = Path(__file__).resolve().parent.parent


def published() -> dict[str, str]:
    """Return the text of each document under its path below `contracts/`."""
    documents = {f"schemas/{path}": schema for path, schema in schemas().items()}
    documents["asyncapi.json"] = asyncapi(example_of)
    return {path: _text(document) for path, document in sorted(documents.items())}


def example_of(type_: str) -> dict[str, Any]:
    """Return the hand-written example of an event.

    Raises:
        FileNotFoundError: there is none; write it.
    """
    path = HOME / "examples" / "events" / f"{type_}.json"
    example: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return example


def differing(documents: Mapping[str, str], home: Path) -> list[str]:
    """Return the paths that are missing, out of date or left over, in order."""
    wrong = {path for path, text in documents.items() if _read(home / path) != text}
    return sorted(wrong | _left_over(documents, home))


def write(documents: Mapping[str, str], home: Path) -> list[str]:
    """Bring the files up to date and return the paths that were not."""
    changed = differing(documents, home)
    for path in changed:
        if path in documents:
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(documents[path], encoding="utf-8")
        else:
            (home / path).unlink()
    return changed


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything is")
    checking = parser.parse_args(arguments).check
    documents = published()
    changed = differing(documents, HOME) if checking else write(documents, HOME)
    verdict = "differs from the types" if checking else "written"
    sys.stdout.writelines(f"contracts/{path}: {verdict}\n" for path in changed)
    return 1 if checking and changed else 0


def _left_over(documents: Mapping[str, str], home: Path) -> set[str]:
    present = {path.relative_to(home).as_posix() for path in (home / "schemas").rglob("*.json")}
    return present - documents.keys()


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
