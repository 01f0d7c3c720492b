"""What a leader or an auditor asks of a case first, from the facts that are in its bundle alone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from services.audit.domain.standing import TELLS
from services.audit.domain.timeline import CORRECTED, REGISTERED
from services.audit.gateways.page_facts import Members, Told, members
from services.audit.gateways.page_values import UNKNOWN, in_words, instant_in_words

NOT_YET: Final = "尚无记录"
COURSE: Final = frozenset({"course.step_taken.v1", "course.split.v1"})


class _Words(dict[str, str]):
    def __missing__(self, _name: str) -> str:
        return UNKNOWN


# Row to what each kind of fact says in it. A row with none of them is left out, or says so.
_OF_THE_OWNER: Final[Mapping[str, Mapping[str, str]]] = {
    "首接": {
        "ownership.taken.v1": "{owner}（机构 {office}），依据：{ground}，"
        "首接时间 {taken_at}，{recorded} 记录",
        "ownership.split.v1": "自 {from_number} 分案，首问责任领导：{owner}，{recorded} 记录",
        "ownership.voided.v1": "{previous_owner} 的责任归属无效，重新待首接，{recorded} 记录",
    },
    "责任变动": {
        "ownership.succeeded.v1": "{previous_owner} → {owner}，依据：{ground}，批准人 {approver}，"
        "文号：{document}，{recorded} 记录",
        "ownership.recused.v1": "{previous_owner} → {owner}，回避：{ground}，批准人 {approver}，"
        "文号：{document}，{recorded} 记录",
        "recusal.due.v1": "{owner} 应当回避，{recorded} 记录",
    },
    "异议": {
        "dispute.opened.v1": "{claimant}（机构 {claimant_office}）主张于 {claimed_at} 首接，"
        "{recorded} 记录",
        "dispute.ruled.v1": "裁定{ruling}，裁定人 {ruled_by}，文号：{document}，{recorded} 记录",
    },
}
_OF_THE_COURSE: Final[Mapping[str, Mapping[str, str]]] = {
    "并案": {
        "matter.merged.v1": "{merged_number} 并入本件，{recorded} 记录",
        "repeat.left.v1": "{repeat_number} 自本件分出，{recorded} 记录",
        "ownership.merged.v1": "本件并入 {into_number}，{recorded} 记录",
    },
    "答复": {
        "reply.delivered.v1": "文号：{document}，{delivered_at} 送达，送达人 {delivered_by}",
        "reply.corrected.v1": "文号更正：{previous_document} → {document}，{recorded} 记录",
        "case.closed.v1": "办结时载明文号：{reply_document}",
    },
    "撤回": {"withdrawal.received.v1": "{withdrawn_number}，缘由：{ground}，{recorded} 记录"},
    "办结": {
        "case.closed.v1": "{recorded}，结果：{outcome}，办结人 {owner}",
        "case.reopened.v1": "{recorded} 重新办理，依据：{ground}，首问责任领导仍为 {owner}",
        "case.reopening_voided.v1": "{recorded} 重新办理无效，仍为已办结（{closed_at}）",
    },
}
_REGISTERED: Final = (
    "{registered} 登记，机构 {office}，信访形式：{channel}{sealed}，{occurred_at} 提出"
)
_ALWAYS: Final = frozenset({"首接", "答复", "办结"})


def about(number: str, told: Sequence[Told]) -> list[Told]:
    """Return what is told of a petition, or of the matter that it began.

    What names another number tells of a petition that has joined it, or was part of it.
    """
    return [each for each in told if each.data["number"] == number]


def summary_of(number: str, told: Sequence[Told]) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of the summary, each with its lines.

    Args:
        told: of the matter, in the order of the ledger.
    """
    own = about(number, told)
    stands = _stands(own)
    yield "信访编号", [number]
    yield "信访性质", [in_words("petition_class", "", stands["petition_class"])]
    yield "登记", [_registered(stands)]
    numbers = [in_words("number", "", each.data["number"]) for each in told if _begins(each)]
    if numbers != [number]:
        yield "所含信访件", numbers or [NOT_YET]
    yield from _rows(_OF_THE_OWNER, own)
    yield "现任首问责任领导", [in_words("owner", "", stands["owner"] or "尚无")]
    yield "现状", [_state(stands, own)]
    yield from _rows(_OF_THE_COURSE, own)


def _begins(told: Told) -> bool:
    return told.type == REGISTERED


def _stands(own: Sequence[Told]) -> Members:
    """Return what holds after all facts: what was registered, corrected, and told since."""
    stands = Members()
    for each in own:
        if _begins(each):
            state = "repeat" if each.data["repeats"] else "registered"
            stands |= {**each.data, "state": state, "registered": each.recorded}
        elif each.type == CORRECTED:
            stands |= {**members(each.data["after"]), "sealed": each.data["sealed"]}
        elif each.type in TELLS:
            stands |= TELLS[each.type](each.data)
    return stands


def _registered(stands: Members) -> str:
    if "registered" not in stands:
        return NOT_YET
    words = {name: in_words(name, "", value) for name, value in stands.items()}
    at = _at(stands["registered"])
    sealed = "，密封" if stands["sealed"] is True else ""
    return _REGISTERED.format_map(_Words({**words, "registered": at, "sealed": sealed}))


def _rows(
    rows: Mapping[str, Mapping[str, str]], own: Sequence[Told]
) -> Iterator[tuple[str, list[str]]]:
    for row, templates in rows.items():
        lines = [_line(templates[each.type], each) for each in own if each.type in templates]
        if lines or row in _ALWAYS:
            yield row, lines or [NOT_YET]


def _line(template: str, told: Told) -> str:
    words = {name: in_words(name, told.kind, value) for name, value in told.data.items()}
    return template.format_map(_Words({**words, "recorded": _at(told.recorded)}))


def _at(instant: datetime | None) -> str:
    return instant_in_words(instant) if instant else UNKNOWN


def _state(stands: Members, own: Sequence[Told]) -> str:
    state = in_words("state", "", stands["state"])
    course = [each.data["state"] for each in own if each.type in COURSE]
    return f"{state}；办理流程：{in_words('state', '', course[-1])}" if course else state
