"""The history of a case as a page in Chinese, to be read and printed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

TITLES: Final[Mapping[str, str]] = {
    "petition.registered": "登记",
    "content.read": "查阅内容",
    "ownership.awaited": "待首接",
    "ownership.taken": "确定首问责任领导",
    "ownership.succeeded": "责任继任",
    "ownership.recused": "回避",
    "reception.recorded": "接访",
    "dispute.opened": "提出异议",
    "dispute.ruled": "异议裁定",
    "repeat.joined": "重复信访并入",
    "repeat.matched": "识别为重复信访",
    "repeat.proposed": "疑似重复信访",
    "repeat.declined": "不认定重复信访",
    "repeat.linked": "认定重复信访",
    "repeat.unlinked": "解除重复信访",
    "repeat.left": "重复信访分出",
    "repeat.not_accepted_again": "不再受理",
    "matter.merged": "并案",
    "ownership.merged": "责任并案",
    "ownership.voided": "责任归属无效",
    "ownership.split": "责任分案",
    "course.merged": "流程并案",
    "course.split": "流程分案",
    "reply.delivered": "送达答复",
    "case.closed": "办结",
    "case.reopened": "重新办理",
    "case.reopening_voided": "重新办理无效",
    "course.begun": "开始办理",
    "course.step_taken": "办理环节",
    "term.begun": "期限开始",
    "term.extended": "期限延长",
    "term.paused": "期限中止",
    "term.resumed": "期限恢复",
    "term.recounted": "期限重新计算",
    "term.ended": "期限终止",
    "reminders.begun": "开始提醒",
    "reminder.planned": "计划提醒",
    "reminder.attempted": "发送提醒",
    "reminder.delivered": "提醒送达",
    "reminder.cancelled": "取消提醒",
    "reminder.given_up": "放弃提醒",
    "case_access.begun": "开始记录查阅",
    "case.replayed": "回放",
    "case.exported": "导出证据",
}

_HEAD: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{number}</title><style>
body{{font:14px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60em;margin:2em auto}}
table{{border-collapse:collapse;width:100%}}
th,td{{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top}}
tr{{break-inside:avoid}} small{{color:#555}}
@media print{{body{{margin:0;max-width:none}}}}
</style></head><body>
<h1>信访事项 {number} 全过程</h1>
<p>共 {count} 项记录,时间为北京时间。本页供阅读;证明见同一文件中的叶子、证明与检查点。</p>
<table><thead><tr><th>序号<th>记录时间<th>事项<th>经办人<th>内容</thead><tbody>
"""


def page_of(number: str, events: Sequence[Mapping[str, Any]]) -> str:
    """Return the page."""
    rows = "".join(_row(at, event) for at, event in enumerate(events, start=1))
    head = _HEAD.format(number=escape(number), count=len(events))
    return f"{head}{rows}</tbody></table></body></html>\n"


def _row(at: int, event: Mapping[str, Any]) -> str:
    recorded = datetime.fromisoformat(event["recordedtime"]).astimezone(SHANGHAI)
    title = TITLES.get(event["type"].rpartition(".v")[0], event["type"])
    cells = (
        str(at),
        f"{recorded:%Y-%m-%d %H:%M:%S}",
        f"{escape(title)}<br><small>{escape(event['type'])}</small>",
        escape(event["actor"]),
        "<br>".join(_stated(event["data"])),
    )
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells) + "\n"


def _stated(data: Mapping[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        if value not in ("", None) and name != "petition_id":
            yield f"<small>{escape(name)}</small> {escape(str(value))}"
