# noqa: INP001 - a program, not part of a package
"""Writes `docs/regulation.md`: article, rule, tests, and how well the article is known.

    .venv/bin/python tools/regulation_page.py [--check]

The rules are the rows of `statute.course` and `statute.terms`; the tests are read from the rule
book, by the number of the article in the name of their class. With --check nothing is written,
and the exit status tells whether the page is out of date.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))

from statute.course import CONDITIONS, STATES, STEPS, Step  # noqa: E402 - found by the line above
from statute.terms import TERMS, TermRule  # noqa: E402 - as above

PAGE = HOME / "docs" / "regulation.md"
RULE_BOOK = HOME / "tests" / "unit" / "responsibility" / "test_rule_book.py"
MARKS = {
    "V": "verified",
    "R": "rule verified, number from memory",
    "U": "not verified, a policy",
    "O": "our own decision",
}
ROLES = {
    "clerk": "clerk 登记员",
    "office_head": "office head 单位负责人",
    "handler": "handler 承办人",
    "leader": "leader 领导",
    "agency": "agency 部门",
}
LOCAL_RULE, POLICY = "FirstContact", "Policy"
TITLES = {
    LOCAL_RULE: "First contact (海盐首问负责)",
    POLICY: "Policies and decisions of our own (ADR 9)",
}
HEAD = """\
# What the Regulation asks, and which tests hold us to it

《信访工作条例》 (Regulation on Petition Work), in force since 2022-05-01, article by article: \
the steps (办理步骤) and terms (期限) that Shouwen carries out, and below them the tests that are \
run on every change. Written by `tools/regulation_page.py` from the tables and tests themselves; \
`make check` fails when it is out of date.

How well a row is known:

| Mark | Meaning |
|---|---|
| verified 已核对 | checked against a published text of the article |
| rule verified, number from memory 条号未核对 | the rule is checked, its article's number is not |
| not verified, a policy 未核对 | the text is not known; a province may set it otherwise |
| our own decision 自定 | no text asks for it |

Beyond the tests below, every step is tried from every state that it does not lead from, for \
every class that it is not for, and against every condition (`test_illegal_steps.py`), and random \
courses are compared with the table (`test_course_machine.py`).
"""


@dataclass(frozen=True)
class Chapter:
    """A class of the rule book: what it is about, and name and docstring of each test."""

    group: str
    about: str
    tests: Sequence[tuple[str, str]]


def group_of(article: str) -> str:
    """Return the number of an article, or under which heading it stands that has none."""
    number = re.match(r"Arts? (\d+)", article)
    if number:
        return number[1]
    return POLICY if article.startswith("ADR") else LOCAL_RULE


def chapters(source: str) -> Iterator[Chapter]:
    """Yield the classes of the rule book in their order.

    Raises:
        SystemExit: a class names neither an article nor a heading.
    """
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.ClassDef) and node.name.startswith("Test")):
            continue
        named = re.match(rf"Test(?:Article(\d+)|({LOCAL_RULE}|{POLICY}))", node.name)
        if named is None:
            raise SystemExit(f"{node.name}: which article?")
        tests = [(each.name, _first_line(each)) for each in node.body if _is_test(each)]
        yield Chapter(named[1] or named[2], _first_line(node), tests)


def page() -> str:
    """Return the text of the page.

    Raises:
        SystemExit: an article has rows and no tests.
    """
    book = list(chapters(RULE_BOOK.read_text(encoding="utf-8")))
    articles = [each.article for each in (*STEPS.values(), *TERMS.values())]
    groups = sorted({group_of(article) for article in articles}, key=_place)
    sections = [_section(group, book) for group in groups]
    return "\n".join([HEAD, *sections, _conditions()])


def _section(group: str, book: Sequence[Chapter]) -> str:
    own = [chapter for chapter in book if chapter.group == group]
    if not own:
        raise SystemExit(f"{group}: no class of the rule book is about it")
    steps = [step for step in STEPS.values() if group_of(step.article) == group]
    terms = [term for term in TERMS.values() if group_of(term.article) == group]
    lines = [f"## {TITLES.get(group, f'Article {group} (第{group}条)')}", ""]
    if terms:
        lines += ["| Term 期限 | Length | Runs from | Article | Known |", "|---|---|---|---|---|"]
        lines += [*map(_term_row, terms), ""]
    if steps:
        lines += [
            "| Step 步骤 | From 自 | To 至 | By 由 | Begins, ends | If | Article | Known |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [*map(_step_row, steps), ""]
    for chapter in own:
        lines += [f"**{chapter.about}**", ""]
        lines += [f"- {_sentence(name)}: {told}" for name, told in chapter.tests]
        lines += [""]
    return "\n".join(lines)


def _term_row(term: TermRule) -> str:
    days = "working days 工作日" if term.counting.unit == "working" else "days 日"
    length = f"{term.length_days} {days}"
    if term.stated:
        length = f"stated with the step (`{term.stated_as}`)"
    if term.extension_days:
        length += f", extended once by up to {term.extension_days}"
    if not term.hearing_counts:
        length += ", a hearing left out"
    if term.lapses:
        length += "; a right that lapses unused"
    who = " (appeals)" if term.appeals_only else ""
    known = MARKS[term.mark]
    return _row(
        f"{_plain(term.code)} {term.chinese}{who}", length, term.runs_from, term.article, known
    )


def _step_row(step: Step) -> str:
    begins = [f"begins {_plain(code)}" for code in step.begins]
    ends = [f"ends {_plain(code)}" for code in step.ends]
    classes = "" if len(step.classes) > 1 else f" ({step.classes[0]}s)"
    return _row(
        f"{_plain(step.code)} {step.chinese}{classes}",
        ", ".join(map(_state, step.sources)),
        _leads_to(step),
        ", ".join(ROLES[role] for role in step.by),
        "; ".join((*begins, *ends)),
        "; ".join(CONDITIONS[name] for name in step.conditions),
        step.article,
        MARKS[step.mark],
    )


def _leads_to(step: Step) -> str:
    to = _state(step.to) if step.to else "the same"
    return f"{to}; the same from the later ones" if step.stays_in else to


def _conditions() -> str:
    stated = [f"- {_plain(name)}: {asks}." for name, asks in CONDITIONS.items()]
    return "\n".join(["## Conditions", "", *stated, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _state(code: str) -> str:
    return f"{_plain(code)} {STATES[code]}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _sentence(name: str) -> str:
    return _plain(name.removeprefix("test_")).capitalize()


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _first_line(node: ast.AST) -> str:
    """Return the first line of what a class or test promises.

    Raises:
        SystemExit: it promises nothing.
    """
    told = ast.get_docstring(node)  # type: ignore[arg-type]
    if not told:
        raise SystemExit(f"{node.name}: no docstring")  # type: ignore[attr-defined]
    return " ".join(told.split("\n\n")[0].split())


def _place(group: str) -> tuple[int, str]:
    """Articles by number, then the local rule, then policies."""
    return (int(group), "") if group.isdecimal() else (1_000, group)


if __name__ == "__main__":
    text = page()
    checking = sys.argv[1:] == ["--check"]
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
    if not checking:
        PAGE.write_text(text, encoding="utf-8")
    elif not current:
        sys.exit("docs/regulation.md is out of date: run make regulation")
