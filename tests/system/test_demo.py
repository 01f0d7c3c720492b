"""`shouwen demo` as a visitor meets it: a pipe or a terminal of 80 columns, no server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

NUMBER = re.compile(r"XF-\d{6}-\d{8}-\d{6}-[0-9A-Z]")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    home: Path = tmp_path_factory.mktemp("visitor")
    demo = subprocess.run(
        [sys.executable, "-m", "shouwen", "demo"],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "80", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert demo.returncode == 0, demo.stderr
    assert demo.stderr == ""
    assert list(home.iterdir()) == []
    return demo.stdout


def test_it_shows_the_promise_and_checks_it(shown: str) -> None:
    assert "is first 首接, and owns it" in shown
    assert "is told the owner" in shown
    assert "the matter is owned again" in shown
    assert re.search(r"201 petitions: \d+ with one owner, \d+ in an open list, 0 wrong", shown)


def test_it_takes_one_petition_through_its_whole_course(shown: str) -> None:
    """Extended, examined again for a dissatisfied petitioner, reviewed, closed; in this order."""
    course = shown.partition("Course 办理流程")[2].partition("Reminders 提醒")[0]
    steps = ["批准延期", "答复", "评价", "重新核查", "申请复查", "撤销并责令重办", "回访"]
    steps += ["三查", "初核", "复核", "办结 by its owner"]
    taken = [re.split(" +→ ", line.strip())[0] for line in course.splitlines() if " → " in line]
    left = iter(taken)
    assert all(step in left for step in steps), taken


def test_it_explains_a_term_day_by_day(shown: str) -> None:
    """Each day with its place in the term, or why it has none; the fifth is the last."""
    explained = shown.partition("could object until ")[2].partition("Reminders 提醒")[0]
    counted = re.findall(r"working day 工作日: day (\d+)", explained)
    assert counted == ["1", "2", "3", "4", "5"]
    assert "the term runs from this day" in explained
    last = re.findall(r"\d{4}-\d{2}-\d{2}(?= \S)", explained)[-1]
    assert explained.startswith(last)


def test_it_ends_with_evidence_that_holds_and_a_copy_that_does_not(shown: str) -> None:
    evidence = shown.partition("Evidence 存证")[2]
    assert "All of it holds." in evidence
    assert "Signature Verified Successfully" in evidence
    tampered = evidence.partition("wrapped to fit")[2]
    # Whichever service's event came into the ledger first.
    named = r"WRONG the event (intake|responsibility) \d+ \([\w.]+\) was changed"
    assert re.search(named, " ".join(tampered.split())), tampered
    assert "It does not hold." in tampered


def test_nothing_is_cut_in_80_columns(shown: str) -> None:
    assert all(cell_len(line) <= 80 for line in shown.splitlines())
    started = re.findall(r"XF-\S+", shown)
    assert started
    assert all(NUMBER.fullmatch(number.rstrip(",:")) for number in started)


def test_it_warns_of_the_development_key_and_says_what_to_try_next(shown: str) -> None:
    assert "DEVELOPMENT KEY" in shown
    assert shown.index("DEVELOPMENT KEY") < shown.index("1. ")
    assert "make up" in shown.rpartition("Try next")[2]
