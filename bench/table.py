"""The measurements as one Markdown table, ours and the peers' side by side."""

from collections.abc import Mapping, Sequence

from bench.measuring import OURS, Measurement


def markdown(about: Mapping[str, str], measured: Sequence[Measurement]) -> str:
    lines = [f"- {name}: {text}" for name, text in about.items()]
    lines += ["", "| What | Ours | Goal | Beside it | Ratio |", "|---|---|---|---|---|"]
    for name, parameter in dict.fromkeys((each.name, each.parameter) for each in measured):
        same = [each for each in measured if (each.name, each.parameter) == (name, parameter)]
        lines.append(_row(" ".join(filter(None, (name, parameter))), same))
    notes = [f"- {each.name} {each.parameter}: {each.note}" for each in measured if each.note]
    return "\n".join([*lines, "", "Notes:", *notes])


def line(measured: Measurement) -> str:
    name = " ".join(filter(None, (measured.name, measured.parameter)))
    note = f" ({measured.note})" if measured.note else ""
    return f"{name}: {measured.system} {_figure(measured)}{note}"


def _row(name: str, same: Sequence[Measurement]) -> str:
    ours = [each for each in same if each.system == OURS]
    peers = [each for each in same if each.system != OURS]
    beside = "; ".join(f"{each.system} {_figure(each)}" for each in peers)
    goal = next((each.goal for each in same if each.goal), "")
    ratios = [f"{ours[0].value / each.value:.2g} x" for each in peers if ours and each.value]
    own = "; ".join(map(_figure, ours))
    return f"| {name} | {own} | {goal} | {beside} | {', '.join(ratios)} |"


def _figure(measured: Measurement) -> str:
    value = f"{measured.value:,.3g}" if measured.value < 100 else f"{measured.value:,.0f}"
    figure = f"{value} {measured.unit}"
    if measured.p50_ms is None or measured.p99_ms is None:
        return figure
    return f"{figure} (p50 {measured.p50_ms:.1f}, p99 {measured.p99_ms:.1f} ms)"
