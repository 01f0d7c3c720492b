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
    "calendar.imported": "导入工作日历",
    "calendar.replaced": "更换工作日历",
    "case_heads.recorded": "记录全部事项末端",
    "course.reclassified": "流程类别变更",
    "course.step_corrected": "办理环节更正",
    "digest.sent": "发送提醒摘要",
    "matter.corrected": "事项更正",
    "parties.kept_out": "当事人回避",
    "party.named": "查明当事人",
    "petition.corrected": "登记更正",
    "petition.withdrawn": "撤回信访",
    "preferences.changed": "变更接收方式",
    "preferences.stated": "设定接收方式",
    "recusal.due": "责任领导应当回避",
    "reminder.acknowledged": "提醒已阅",
    "reminder.redriven": "重新发送提醒",
    "reminder.snoozed": "稍后提醒",
    "reminder.withheld": "提醒不予发送",
    "reminder_calendar.heard": "提醒采用工作日历",
    "reminder_calendar.replaced": "提醒更换工作日历",
    "reminders.fell_due": "到达提醒时点",
    "reminders.kept_out": "不向当事人提醒",
    "reminders.owner_forgotten": "不再提醒原首问责任领导",
    "reminders.plan_dropped": "撤销提醒计划",
    "reminders.plan_made": "制定提醒计划",
    "reminders.reclassified": "提醒类别变更",
    "replacement.due": "承办人应当更换",
    "replacement.settled": "承办人更换完毕",
    "receipt.corrected": "收到日期更正",
    "reply.corrected": "答复更正",
    "roster.line_replaced": "更换值班领导",
    "roster.line_set": "安排值班领导",
    "sealed_cases.shown": "列表中显示密封事项",
    "supervision.reason_found": "发现督办情形",
    "withdrawal.received": "收到撤回",
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
<p>共 {count} 项记录，时间为北京时间。本页供阅读；证明见同一文件中的叶子、证明与检查点。</p>
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
