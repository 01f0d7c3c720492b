"""The robots of work chats: DingTalk 钉钉, WeCom 企业微信, Feishu 飞书.

Each signs otherwise, or not at all, and each answers HTTP 200 with an error in the body.

Sources: DingTalk "自定义机器人安全设置" (加签), Feishu "自定义机器人使用指南" (签名校验),
WeCom "群机器人配置说明".
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from services.notify.application.ports import OK, Endpoint, Outcome, Told
from services.notify.gateways.posting import Poster, code_in

# All three let a robot send twenty messages a minute.
PER_MINUTE: Final = 20
# DingTalk and Feishu take messages of twenty kilobytes; in JSON a text is longer than it is.
TEXT_MAX: Final = 16_000
CUT: Final = "（下略，请登录平台查看）"
# Code of the answer when that was exceeded; they want to be left alone for a minute.
TOO_MANY: Final = frozenset({130101, 45009, 9499, 11232})
WHEN_TOO_MANY: Final = timedelta(minutes=1)

Clock = Callable[[], datetime]


class Robot:
    """What the robots share.

    Attributes:
        codes: members of the answer that may hold the code; 0 is success.
        text_max: how many bytes of text it takes.
    """

    name: str
    codes: tuple[str, ...] = ("errcode",)
    text_max = TEXT_MAX
    per_minute = PER_MINUTE

    def __init__(self, endpoint: Endpoint, poster: Poster, clock: Clock) -> None:
        self.endpoint = endpoint.id
        self._url = endpoint.address
        self._secret = endpoint.secret
        self._poster = poster
        self._clock = clock

    def tell(self, told: Told) -> Outcome:
        """Send a text."""
        url, body = self._signed(self._body(shortened(told, self.text_max)))
        content = json.dumps(body, ensure_ascii=False).encode()
        return self._poster.post(url, content, read=self._read)

    def _body(self, text: str) -> dict[str, Any]:
        return {"msgtype": "text", "text": {"content": text}}

    def _signed(self, body: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
        return self._url, body

    def _read(self, response: httpx.Response) -> Outcome:
        code = code_in(response, *self.codes)
        if code == 0:
            return OK
        if code is None:
            return Outcome("no_code")
        return Outcome(f"code_{code}", WHEN_TOO_MANY if code in TOO_MANY else timedelta(0))


class DingTalk(Robot):
    """Signs in the address, with the secret as the key and milliseconds."""

    name = "dingtalk"

    def _signed(self, body: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
        if not self._secret:
            return self._url, body
        timestamp = str(int(self._clock().timestamp() * 1000))
        signature = _hmac(self._secret, f"{timestamp}\n{self._secret}")
        joint = "&" if "?" in self._url else "?"
        signed = urlencode({"timestamp": timestamp, "sign": signature})
        return f"{self._url}{joint}{signed}", body


class WeCom(Robot):
    """Has no signature: its address is its secret."""

    name = "wecom"
    text_max = 2048


class Feishu(Robot):
    """Signs in the body, with secret and seconds as the key of an empty message."""

    name = "feishu"
    codes = ("code", "StatusCode")

    def _body(self, text: str) -> dict[str, Any]:
        return {"msg_type": "text", "content": {"text": text}}

    def _signed(self, body: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
        if not self._secret:
            return self._url, body
        timestamp = str(int(self._clock().timestamp()))
        signature = _hmac(f"{timestamp}\n{self._secret}", "")
        return self._url, {"timestamp": timestamp, "sign": signature, **body}


def shortened(told: Told, bytes_max: int) -> str:
    """Return the text, without its last lines where there are too many bytes; the link stays.

    What is refused for its length is refused at every attempt, and nobody is told anything.
    """
    if len(told.text.encode()) <= bytes_max:
        return told.text
    end = f"\n{CUT}\n{told.link}".rstrip()
    left = told.sentence.encode()[: bytes_max - len(end.encode())].decode(errors="ignore")
    whole_lines = left.rpartition("\n")[0]
    return f"{whole_lines or left}{end}"


def _hmac(key: str, message: str) -> str:
    digest = hmac.digest(key.encode(), message.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()
