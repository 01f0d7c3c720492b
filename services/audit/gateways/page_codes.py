"""Chinese words for what facts state in codes."""

import re
from collections.abc import Mapping
from typing import Final

from contracts.fields import CHANNELS
from statute.course import (
    ASKED_THROUGH,
    CHECKS,
    GROUNDS_OF_NOT_ACCEPTING_AGAIN,
    GROUNDS_OF_REFUSAL,
    PROPOSALS,
    ROUTES_ELSEWHERE,
    STATES,
    STEPS,
    TRIGGERS,
)
from statute.terms import REMINDED_TERMS

_CLASSES: Final = {"suggestion": "建议意见", "accusation": "检举控告", "appeal": "申诉求决"}
_WAYS: Final = {
    "webhook": "网络回调",
    "file": "文件",
    "own_webhook": "本人网络回调",
    "dingtalk": "钉钉",
    "wecom": "企业微信",
    "feishu": "飞书",
    "mail": "邮件",
    "sms": "短信",
}
_WITHDRAWALS: Final = {
    "settled": "已解决",
    "not_pursued": "不再主张",
    "by_mistake": "误提",
    "other": "其他",
}
_OWNED_BY: Final = {
    "reception": "接访",
    "roster": "值守",
    "open_list": "待接清单",
    "merged": "并案",
    "split": "分案",
    "left_post": "离任",
    "long_leave": "长期休假",
    "dispute_upheld": "异议成立",
    "direct_interest": "有直接利害关系",
    "repeat": "重复信访",
    "order": "责令重新办理",
    "clerk": "登记员认定",
    "proposal": "确认疑似重复",
}
_DIGESTS: Final = {"none": "不接收", "morning": "早报", "weekly": "周报"}
_SENT: Final = {"ok": "送达", "unreadable": "密钥不符", "no_code": "对方未回代码"}
_REMINDED_OF: Final = {
    "ownership_taken": "已首接",
    "untaken": "无人首接",
    "repeat_joined": "有重复信访",
    "reopened": "已重新办理",
    "reception_elsewhere": "他人已接访",
    "repeat_not_accepted": "重复信访不再受理",
    "merged": "已并案",
    "split": "已分案",
    "recusal_due": "应当回避",
    "replacement_due": "应当更换",
    "term_begun": "期限开始",
    "term_half": "期限过半",
    "term_near": "期限将届满",
    "term_due": "期限届满",
    "term_late": "期限逾期",
}
_TERMS: Final = {code: rule.chinese for code, rule in REMINDED_TERMS.items()}

# Name of a member to its codes and their words, by `<part>/<name>` as in `page_words.NAMES`. What
# is free text has codes only where the kind of fact says so.
CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "asked_through": ASKED_THROUGH,
    "aspect": CHECKS,
    "awaits": {
        "reception": "接访",
        "first_leader": "首位认领的领导",
        "duty_leader": "值守领导",
    },
    "channel": CHANNELS,
    "channels": _WAYS,
    "classes": _CLASSES,
    "corrected_class": _CLASSES,
    "counting/first_day": {"same_day": "起算当日", "day_after": "起算次日"},
    "counting/unit": {"calendar": "自然日", "working": "工作日"},
    "course_state": STATES,
    "digest": _DIGESTS,
    "finding": {"upheld": "维持", "changed": "变更"},
    "found_by": {"visit": "回访", "repeat": "重复信访", "inspection": "核查"},
    "ground": {
        **_OWNED_BY,
        **_WITHDRAWALS,
        **GROUNDS_OF_REFUSAL,
        **GROUNDS_OF_NOT_ACCEPTING_AGAIN,
    },
    "kept": {"owner": "首问责任领导", "open": "重新办理"},
    "known_by": {
        "id_number": "身份证号",
        "phone": "姓名电话",
        "phone_to_id": "一方身份证号、一方姓名电话",
    },
    "late_days": _TERMS,
    "outcome": {
        "settled": "已解决",
        "explained": "已释明",
        "routed_elsewhere": "转其他途径",
        "withdrawn": "撤回",
        **_SENT,
    },
    "outcomes": {**_WAYS, **_SENT},
    "parts": {"unit": "承办单位", "handler": "承办人", "assisting": "协办单位", "team": "专班"},
    "petition_class": _CLASSES,
    "place": {"office": "同一机构", "region": "同一区划", "city": "同一城市", "elsewhere": "异地"},
    "previous_channel": CHANNELS,
    "previous_class": _CLASSES,
    "previous_state": STATES,
    "proposal": PROPOSALS,
    "reminder.attempted/channel": _WAYS,
    "reminder.cancelled/reason": {
        "owner_found": "已有首问责任领导",
        "owner_changed": "首问责任领导已变更",
        "case_closed": "已办结",
        "merged": "已并案",
        "kept_out": "收件人是当事人",
        "replaced": "已更换",
        "sealed": "已成密封事项",
        "term_ended": "期限已终止",
        "term_paused": "期限中止",
        "term_changed": "届满日已变更",
        "superseded": "已到下一提醒节点",
        "reply_overtaken": "答复已被后续办理取代",
    },
    "reminder.planned/reason": _REMINDED_OF,
    "reminder.withheld/reason": _REMINDED_OF,
    "repeat_ground": {"clerk": "登记员认定", "same_person_and_matter": "同人同事"},
    "route": ROUTES_ELSEWHERE,
    "ruling": {"upheld": "成立", "rejected": "不成立"},
    "settled_by": {"agreement": "协商一致", "superior": "共同上级决定"},
    "standing": {
        "first": "首接",
        "owner": "本就负责",
        "rival": "已有他人负责",
        "disputed": "有争议",
    },
    "state": {
        **STATES,
        "repeat": "重复信访",
        "awaited": "待首接",
        "owned": "已首接",
        "merged": "已并案",
    },
    "step": {code: step.chinese for code, step in STEPS.items()},
    "term": _TERMS,
    "terms": _TERMS,
    "trigger": TRIGGERS,
    "why": {
        "registered": "已登记",
        "term_begun": "期限开始",
        "term_extended": "期限延长",
        "term_resumed": "期限恢复",
        "term_recounted": "期限重新计算",
        "goes_on": "逾期未结",
        "calendar_changed": "工作日历变更",
        "split": "已分案",
        "replied": "已答复",
        "found_running": "升级时期限已在进行",
        "term_ended": "期限终止",
        "term_paused": "期限中止",
        "case_closed": "已办结",
        "merged": "已并案",
        "reply_overtaken": "答复已被后续办理取代",
    },
}

# Codes that hold a number or a name within them.
_FORMED: Final[tuple[tuple[str, str], ...]] = (
    (r"office_head:([0-9]{6}-[0-9]{2})", r"\1 单位负责人"),
    (r"start", "开始"),
    (r"half", "过半"),
    (r"workdays_([0-9]+)", r"届满前 \1 个工作日"),
    (r"day_([0-9]+)", r"届满前 \1 日"),
    (r"due", "届满"),
    (r"late_([0-9]+)", r"逾期第 \1 个工作日"),
    (r"http_([0-9]+)", r"对方回应 \1"),
    (r"smtp_([0-9]+)", r"邮件服务器回应 \1"),
    (r"code_(-?[0-9]+)", r"对方代码 \1"),
    (r"Arts? ([0-9]+)", r"《信访工作条例》第 \1 条"),
    (r"Arts ([0-9]+) to ([0-9]+)", r"《信访工作条例》第 \1 至 \2 条"),
    (r"Art ([0-9]+)\(([0-9]+)\)", r"《信访工作条例》第 \1 条（\2）"),
    (r"Art ([0-9]+)\(([0-9]+)\) to \(([0-9]+)\)", r"《信访工作条例》第 \1 条（\2）至（\3）"),
    (r"ADR ([0-9]+)", r"本平台规则（ADR \1）"),
)
# The members that have such codes; free text is left as it is.
_WITH_FORMED: Final = frozenset(
    {"article", "kind", "passed_over", "points", "recipient", "told", "rises", "beside"}
    | {"outcome", "outcomes"}
)
_AGAIN: Final = "again/"


def code_in_words(name: str, within: str, code: str) -> str | None:
    """Return the word for a code; None where a member has no such code.

    Args:
        name: of the member.
        within: the kind of fact, or the member, that it is part of.
    """
    codes = CODES.get(f"{within}/{name}", CODES.get(name, {}))
    if code in codes:
        return codes[code]
    return _formed(code) if name in _WITH_FORMED else None


def _formed(code: str) -> str | None:
    if code.startswith(_AGAIN):
        recipient = code.removeprefix(_AGAIN)
        return f"暂缓后再次提醒（{_formed(recipient) or recipient}）"
    for form, words in _FORMED:
        if found := re.fullmatch(form, code):
            return found.expand(words)
    return None
