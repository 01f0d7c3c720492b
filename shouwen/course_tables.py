"""The course of a petition, as `shouwen course` prints it and the documents draw it."""

from collections.abc import Iterator, Mapping
from typing import Final

from statute.course import CONDITIONS, EVERY_CLASS, EVERY_STATE, STATES, STEPS, Step

MARKS: Final[Mapping[str, str]] = {
    "V": "verified",
    "R": "article from memory",
    "U": "policy: text not known",
    "O": "own design",
}


def course_lines() -> Iterator[str]:
    """Yield the course to be read aloud: each state, then the steps that lead on from it."""
    for state, chinese in STATES.items():
        yield f"[bold]{state} {chinese}[/]"
        yield from (_line(step) for step in STEPS.values() if _leads_only_from(step, state))
    yield "[bold]any 任何状态[/]"
    yield from (_line(step) for step in STEPS.values() if step.sources == EVERY_STATE)


def _leads_only_from(step: Step, state: str) -> bool:
    return state in step.sources and step.sources != EVERY_STATE


def _line(step: Step) -> str:
    to = f"→ {step.to} {STATES[step.to]}" if step.to else "(it stays 状态不变)"
    asks = "".join(f"\n      [dim]{each}[/]" for each in _asks(step))
    source = f"{step.article}, {MARKS[step.mark]}"
    return f"  {step.code} {step.chinese} {to}\n      {', '.join(step.by)}; {source}{asks}"


def course_document() -> str:
    """Return the page for the documents: the picture, then the table."""
    return "\n".join([*_heading(), *_picture(), *_states(), *_steps()]) + "\n"


def _asks(step: Step) -> Iterator[str]:
    if step.classes != EVERY_CLASS:
        yield f"{', '.join(step.classes)} only"
    if step.of_the_organ:
        yield "the head of the organ that handles the matter, or of the petition office"
    if step.stays_in:
        yield f"{', '.join(step.stays_in)} stay as they are"
    yield from (CONDITIONS[name] for name in step.conditions)


def _heading() -> list[str]:
    return [
        "# The course of a petition 信访事项办理流程",
        "",
        "Made from `statute/course.py` by `shouwen course --markdown`, not written by hand.",
        "No step touches the owner (首问责任领导): he changes by succession and recusal only.",
        "",
    ]


def _picture() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> registered"
    for step in STEPS.values():
        if step.to and step.code != "withdraw":
            leading = [(source, to) for source, to in step.edges() if source != to]
            yield from (f"    {source} --> {to}: {step.chinese}" for source, to in leading)
    yield "    closed --> [*]"
    yield "```"
    yield ""
    yield "Withdrawal (撤回), which leads from every state before the end, is not drawn."
    yield ""


def _states() -> Iterator[str]:
    yield "| state | 状态 |"
    yield "|---|---|"
    yield from (f"| `{state}` | {chinese} |" for state, chinese in STATES.items())
    yield ""


def _steps() -> Iterator[str]:
    yield "| step | 步骤 | from | to | by | source | mark | begins | ends | asks |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for step in STEPS.values():
        cells = (
            f"`{step.code}`",
            step.chinese,
            "any" if step.sources == EVERY_STATE else ", ".join(step.sources),
            step.to or "(stays)",
            ", ".join(step.by),
            step.article,
            MARKS[step.mark],
            ", ".join(step.begins),
            ", ".join(step.ends),
            "; ".join(_asks(step)),
        )
        yield f"| {' | '.join(cells)} |"
