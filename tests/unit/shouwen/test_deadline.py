"""`shouwen deadline` explains one term day by day, and says what is wrong with a question."""

import pytest
from typer.testing import CliRunner

from shouwen.cli import app
from statute.terms import TERMS


def run(*arguments: str):
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, ["deadline", *arguments])


def test_all_terms_are_listed_with_what_is_verified():
    printed = run().output
    assert all(code in printed for code in TERMS)
    assert "Art 22, verified" in printed
    assert "Art 34, article from memory" in printed


def test_each_day_has_its_number_or_the_reason_why_it_has_none():
    printed = run("objection", "--from", "2026-02-13").output
    assert "Last day 2026-02-27, by calendar cn-2026." in printed
    (make_up_day,) = [line for line in printed.splitlines() if line.startswith("2026-02-14")]
    assert "make-up day 调休上班" in make_up_day
    assert make_up_day.rstrip().endswith("day 1")


def test_an_extension_and_a_hearing_are_counted_in():
    assert "Last day 2023-12-30" in run("handling", "--from", "2023-10-01", "--extended=30").output
    heard = run("re_review", "--from", "2023-10-01", "--hearing", "2023-10-10/2023-10-18")
    assert "Last day 2023-11-09" in heard.output


def test_an_end_in_a_year_that_is_not_published_is_called_provisional():
    assert "PROVISIONAL" in run("handling", "--from", "2026-11-25").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["appeal"], "there are first_step"),
        (["handling"], "--from"),
        (["report_back", "--from", "2026-02-01"], "as report_by"),
        (["carrying_out", "--from", "2026-02-01"], "as carry_out_by"),
        (["handling", "--from", "2026-13-01"], "YYYY-MM-DD"),
        (["re_review", "--from", "2026-03-02", "--hearing", "2026-03-10"], "YYYY-MM-DD"),
        (["review", "--from", "2026-03-02", "--extended", "5"], "no extension"),
        (["handling", "--from", "2026-03-02", "--extended", "31"], "1 to 30"),
    ],
)
def test_what_cannot_be_asked_is_told_with_status_2(words, told):
    refused = run(*words)
    assert refused.exit_code == 2
    assert told in refused.output


def test_a_term_whose_last_day_is_stated_has_no_length():
    assert "stated (carry_out_by)" in run().output
    assert "stated (report_by)" in run().output
