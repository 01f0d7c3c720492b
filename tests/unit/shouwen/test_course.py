"""The course as it is printed and drawn."""

from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from shouwen.course_tables import course_document, course_lines
from statute.course import EVERY_STATE, edges

PAGE = Path(__file__).parents[3] / "docs/course.md"


def printed() -> list[str]:
    console = Console(width=80)
    with console.capture() as capture:
        for line in course_lines():
            console.print(line, highlight=False)
    return capture.get().splitlines()


def test_the_page_is_what_the_table_says():
    """Written by `shouwen course --markdown > docs/course.md`."""
    assert PAGE.read_text(encoding="utf-8") == course_document()


def test_every_edge_is_read_aloud_under_its_state():
    state, read = "", set()
    for line in printed():
        word = line.split()[0]
        if not line.startswith(" "):
            state = word
        elif not line.startswith("   "):
            read.add((state, word))
    expected = {
        ("any" if step.sources == EVERY_STATE else source, step.code) for source, step, _ in edges()
    }
    assert read == expected


def test_it_fits_a_terminal_of_80_columns():
    assert [line for line in printed() if cell_len(line) > 80] == []
