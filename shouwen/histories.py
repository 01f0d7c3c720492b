"""The history of a case as people read it: one line a fact, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.table import Table

from statute.course import STATES, STEPS
from statute.terms import REMINDED_TERMS

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

# An event that was stated to have happened much earlier than it was recorded shows both times.
STATED_APART: Final = timedelta(minutes=1)

WORDS: Final[Mapping[str, str]] = {
    "petition.registered.v1": "put on record 登记, by {channel}",
    "content.read.v1": "text and persons were read 查阅",
    "party.named.v1": "a party was named 回避 and is kept out",
    "petition.corrected.v1": "corrected 更正: {reason}",
    "petition.withdrawn.v1": "withdrawn 撤回 by the petitioner: {ground}",
    "ownership.awaited.v1": "waits for its first contact 待首接",
    "ownership.taken.v1": "owner 首问责任领导: {owner}, {ground}",
    "reception.recorded.v1": "received 接访 by {leader}: {standing}",
    "dispute.opened.v1": "dispute 异议: {claimant} claims to be first",
    "dispute.ruled.v1": "dispute ruled on 裁定: {ruling}",
    "ownership.succeeded.v1": "succession 继任: {previous_owner} → {owner}, {ground}",
    "ownership.recused.v1": "recusal 回避: {previous_owner} → {owner}",
    "repeat.joined.v1": "repeat 重复信访 {repeat_number} joins, owner {owner}",
    "repeat.matched.v1": "repeats 重复信访 {repeats_number}: likeness {likeness_score} of 100",
    "repeat.proposed.v1": "may repeat {repeats_number}: likeness {likeness_score} of 100",
    "repeat.declined.v1": "does not repeat {repeats_number}",
    "repeat.linked.v1": "linked 并案 to {repeats_number}: {ground}",
    "repeat.unlinked.v1": "unlinked 分案 from {repeats_number}",
    "repeat.not_accepted_again.v1": "{repeat_number} registered only 不再受理, {article}",
    "matter.merged.v1": "{merged_number} merged into it 并案, owner {owner}",
    "ownership.merged.v1": "merged into {into_number} 并案",
    "repeat.left.v1": "{repeat_number} is part of it no longer 分案",
    "ownership.voided.v1": "{previous_owner} owned it by mistake: awaited again 待首接",
    "ownership.split.v1": "a matter of its own again 分案, owner {owner}",
    "course.merged.v1": "course 办理流程 ends, that of {into_number} goes on",
    "course.split.v1": "course 办理流程 goes on: {state}",
    "course.step_corrected.v1": "{step} corrected 更正: {reason}",
    "course.reclassified.v1": "course goes on as {petition_class}, was {previous_class}",
    "matter.corrected.v1": "corrected 更正: {petition_class} by {channel}",
    "parties.kept_out.v1": "parties are kept out 回避",
    "recusal.due.v1": "recusal due 应当回避: the owner {owner} is a party",
    "replacement.due.v1": "replacement due 应当更换: a party is at work ({parts})",
    "replacement.settled.v1": "no party is at work any more 已更换",
    "supervision.reason_found.v1": "reason for supervision 督办情形 {trigger}: steps {steps}",
    "withdrawal.received.v1": "{withdrawn_number} withdrawn 撤回: {ground}",
    "receipt.corrected.v1": "receipt 收到 corrected: {received_at}, was {previous_received_at}",
    "reply.corrected.v1": "reply 答复 corrected: {document}, was {previous_document}",
    "reply.delivered.v1": "reply 答复 delivered by {delivered_by}: {document}",
    "case.closed.v1": "closed 办结: {outcome}",
    "case.reopened.v1": "reopened 重新办理: {ground}; owner still {owner}",
    "case.reopening_voided.v1": "closed as before 办结: {repeat_number} was never of it",
    "course.begun.v1": "course 办理流程 begins",
    "course.step_taken.v1": "{step}: {previous_state} → {state}, {article}",
    "term.begun.v1": "term 期限 {term} from {runs_from}, ends on {due_on}",
    "term.extended.v1": "term 期限 {term} extended by {days} days, ends on {due_on}",
    "term.paused.v1": "term 期限 {term} stops for a hearing from {first_day}",
    "term.resumed.v1": "term 期限 {term} runs on, ends on {due_on}",
    "term.recounted.v1": "term 期限 {term} counted again by {due_calendar}, ends on {due_on}",
    "term.ended.v1": "term 期限 {term} ended on {ended_on}, {late_days} days late",
    "calendar.imported.v1": "calendar 工作日历 {version}, known up to {last}",
    "calendar.replaced.v1": "calendar 工作日历 {version}, known up to {last}",
    "roster.line_set.v1": "on duty 值守 on {day} at {office}: {leader}",
    "roster.line_replaced.v1": "on duty 值守 on {day} at {office}: {leader}",
    "reminders.begun.v1": "reminders begin 提醒",
    "reminders.plan_made.v1": "reminders planned for {term}, ends on {due_on}: {why}",
    "reminders.plan_dropped.v1": "no more reminders of {term}: {why}",
    "reminders.fell_due.v1": "reminder of {term} fell due: {kind}",
    "reminder.planned.v1": "reminder planned for {recipient}: {reason}",
    "reminder.attempted.v1": "reminder by {channel}: {outcome}",
    "reminder.delivered.v1": "reminder delivered 送达",
    "reminder.cancelled.v1": "reminder cancelled: {reason}",
    "reminders.kept_out.v1": "parties are told nothing 不予提醒",
    "reminders.reclassified.v1": "reminders go on as of {petition_class}",
    "reminders.owner_forgotten.v1": "reminders: {owner} owns it no more",
    "reminder.withheld.v1": "reminder withheld 不予提醒: {reason}",
    "reminder.given_up.v1": "reminder given up: {outcome}",
    "reminder.acknowledged.v1": "reminder acknowledged 已阅",
    "reminder.snoozed.v1": "reminder of {term} put off 暂缓 until {until}: {reason}",
    "reminder.redriven.v1": "reminder to be delivered again",
    "reminder_calendar.heard.v1": "reminders follow calendar 工作日历 {version}",
    "reminder_calendar.replaced.v1": "reminders follow calendar 工作日历 {version}",
    "preferences.stated.v1": "preferences 提醒偏好 of {recipient}: {channels}",
    "preferences.changed.v1": "preferences 提醒偏好 of {recipient}: {channels}",
    "digest.sent.v1": "digest 早报周报 of {day} for {recipient}: {digest}",
    "case_access.begun.v1": "accesses are kept from here on",
    "case.replayed.v1": "replayed 回放 for an auditor",
    "case.exported.v1": "exported 导出 with its proofs, under a ledger of {size}",
    "sealed_cases.shown.v1": "sealed cases shown 列示密封事项 by {method}",
    "case_heads.recorded.v1": "ends of all cases stated, at {size}",
}

# What is a code of the statute shows the word of the Regulation as well.
_CODES: Final[Mapping[str, Callable[[str], str]]] = {
    "step": lambda code: f"{STEPS[code].chinese} {code}",
    "term": lambda code: f"{REMINDED_TERMS[code].chinese} {code}",
    "state": lambda code: STATES.get(code, code),
    "previous_state": lambda code: STATES.get(code, code),
}

Named = Callable[[str], str]


def in_words(entry: Mapping[str, Any], named: Named) -> str:
    """Return a fact as a sentence; one of a kind unknown here by its type."""
    template = WORDS.get(entry["type"])
    if template is None:
        return str(entry["type"])
    values = {
        name: _CODES[name](value) if name in _CODES else _worded(value, named)
        for name, value in _flat(entry["data"])
    }
    return template.format_map(values) + _stated(entry)


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each member; what lies inside of one as `<member>_<inner>`."""
    for name, value in data.items():
        inner = value if isinstance(value, Mapping) else {}
        yield name, value
        yield from ((f"{name}_{key}", each) for key, each in inner.items())


def _worded(value: Any, named: Named) -> str:
    return "nobody yet" if value is None else named(str(value)).replace("_", " ")


def _stated(entry: Mapping[str, Any]) -> str:
    occurred, recorded = _shanghai(entry["occurred_at"]), _shanghai(entry["recorded_at"])
    if recorded - occurred < STATED_APART:
        return ""
    return f" (stated for {occurred:%Y-%m-%d %H:%M})"


def _shanghai(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(SHANGHAI)


def actor_in_words(actor: str, named: Named) -> str:
    """Return who did it: a person, or a service that reacted to something."""
    return "service 系统" if actor.startswith("service:") else named(actor)


HAS_LEFT: Final = "Part of this case then, and no more 已分出:"


def history_parts(history: Mapping[str, Any], named: Named = str) -> Iterator[Table | str]:
    """Yield what to print of a history: its facts, then those that have left it, where any have.

    Args:
        named: staff number to what is shown for it.
    """
    yield history_table(history["entries"], named)
    if history["left"]:
        yield HAS_LEFT
        yield history_table(history["left"], named)


def history_table(entries: Sequence[Mapping[str, Any]], named: Named = str) -> Table:
    """Return a history as a table for 80 columns, times in Shanghai.

    Args:
        named: staff number to what is shown for it.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("recorded", no_wrap=True)
    table.add_column("what", ratio=1, overflow="fold")
    table.add_column("by whom", max_width=14)
    table.add_column("log, position", no_wrap=True)
    day = ""
    for entry in entries:
        at = _shanghai(entry["recorded_at"])
        if f"{at:%Y-%m-%d}" != day:
            day = f"{at:%Y-%m-%d}"
            table.add_row(day, style="bold")
        table.add_row(
            f"{at:%H:%M:%S}.{at.microsecond // 1000:03}",
            in_words(entry, named),
            actor_in_words(entry["actor"], named),
            f"{entry['source']} {entry['position']}",
        )
    return table
