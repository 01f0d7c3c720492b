"""The history of a case as a page in Chinese, to be read and printed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

from services.audit.gateways.page_facts import Told
from services.audit.gateways.page_summary import about, summary_of
from services.audit.gateways.page_terms import HEADS, runs_of
from services.audit.gateways.page_values import (
    UNKNOWN,
    Line,
    day_in_words,
    instant_in_words,
    set_aside,
    stated,
)
from services.audit.gateways.page_words import TITLES

# Clocks differ a little, and a service takes its moment: that is no other time.
APART: Final = timedelta(minutes=1)
SERVICES: Final[Mapping[str, str]] = {
    "service:intake": "系统（登记）",
    "service:responsibility": "系统（责任）",
    "service:notify": "系统（提醒）",
    "service:audit": "系统（存证）",
}

_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline'">
<title>{number}</title><style>
@page{{size:A4;margin:14mm 12mm}}
body{{font:14px/1.6 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",
sans-serif;max-width:64em;margin:2em auto;padding:0 1em;overflow-wrap:anywhere}}
h1{{font-size:1.5em}} h2{{font-size:1.15em;margin:1.4em 0 .4em;break-after:avoid}}
table{{border-collapse:collapse;width:100%}}
th,td{{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top}}
th{{background:#f2f2f2;font-weight:600}} .summary th{{width:9em}}
.history{{table-layout:fixed}} .at{{width:2.6em}} .when{{width:8.2em}} .who{{width:6.8em}}
.what{{width:11.6em}}
thead{{display:table-header-group}} tr{{break-inside:avoid}}
small,summary,.note{{color:#555;font-size:.85em}} i{{font-style:normal;color:#555}}
@media print{{body{{font-size:9.5pt;line-height:1.45;margin:0;padding:0;max-width:none}}
details:not([open]){{display:none}}}}
</style></head><body>
<h1>信访事项 {number} 全过程</h1>
<p class="note">时间均为北京时间。本页仅依据本文件所载 {count} 项记录，截至 {last}。<br>
本页供阅读，不作证明；证明见同一文件中的叶子、证明与检查点。</p>
<h2>摘要</h2>
<table class="summary"><tbody>
{summary}</tbody></table>
{terms}<h2>全部记录</h2>
<p class="note">发生时间与记录时间相差一分钟以上的，另列发生时间。<br>
标识与承诺值折叠于各项之末，展开的才打印。</p>
<table class="history"><thead><tr><th class="at">序号
<th class="when">记录时间
<th class="what">事项<th class="who">操作人<th>内容</thead><tbody>
{rows}</tbody></table></body></html>
"""
_TERMS: Final = """<h2>期限</h2>
<table><thead><tr>{heads}</thead><tbody>
{rows}</tbody></table>
"""
_ASIDE: Final = "<details><summary>标识与承诺值</summary>{}</details>"


def page_of(number: str, events: Sequence[Mapping[str, Any]]) -> str:
    """Return the page.

    Args:
        events: of the matter, in the order of the ledger.
    """
    told = [Told.read(event) for event in events]
    last = max((each.recorded for each in told if each.recorded), default=None)
    return _PAGE.format(
        number=escape(number),
        count=len(told),
        last=instant_in_words(last) if last else UNKNOWN,
        summary="".join(
            f"<tr><th>{escape(word)}<td>{'<br>'.join(map(escape, lines))}\n"
            for word, lines in summary_of(number, told)
        ),
        terms=_terms(about(number, told), last),
        rows="".join(_row(at, each, number) for at, each in enumerate(told, start=1)),
    )


def _terms(own: Sequence[Told], last: datetime | None) -> str:
    rows = [run.cells(last.date() if last else None) for run in runs_of(own)]
    heads = "".join(f"<th>{head}" for head in HEADS)
    body = "".join(_cells(map(escape, row)) for row in rows)
    return _TERMS.format(heads=heads, rows=body) if rows else ""


def _row(at: int, told: Told, number: str) -> str:
    title = TITLES.get(told.kind, told.type)
    return _cells(
        (
            str(at),
            _clocks(told),
            f"{escape(title)}<br><small>{escape(told.type)}<br>{escape(told.place)}</small>",
            escape(SERVICES.get(told.actor, told.actor)),
            _content(told, number),
        )
    )


def _cells(cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells) + "\n"


def _clocks(told: Told) -> str:
    recorded = _clock(told.recorded)
    return (
        f"{recorded}<br><i>发生时间：</i><br>{_clock(told.occurred)}" if _apart(told) else recorded
    )


def _apart(told: Told) -> bool:
    if told.occurred is None or told.recorded is None:
        return told.occurred is not None
    return abs(told.recorded - told.occurred) >= APART


def _clock(at: datetime | None) -> str:
    return f"{day_in_words(at)}<br>{at:%H:%M:%S}" if at else UNKNOWN


def _content(told: Told, number: str) -> str:
    """Return what a fact states, but for what every fact of the case says alike."""
    data = {
        name: value
        for name, value in told.data.items()
        if name != "petition_id" and (name, value) != ("number", number)
    }
    content = "<br>".join(_lines(stated(told.kind, data)))
    aside = "<br>".join(_lines(set_aside(told.kind, data)))
    return content + (_ASIDE.format(aside) if aside else "")


def _lines(lines: Iterable[Line]) -> Iterator[str]:
    """Yield lines in HTML; what is longer than one goes on below its word."""
    for word, value in lines:
        below = "\n" if "\n" in value else ""
        yield f"<i>{escape(word)}：</i>" + escape(below + value).replace("\n", "<br>")
