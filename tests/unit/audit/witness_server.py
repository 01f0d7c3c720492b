"""A small witness as C2SP tlog-witness has it, written from the text of the standard.

It shares nothing with the program that asks it: its own reading of notes, its own Merkle check, by
recursion as RFC 6962 defines it and not by the algorithm of RFC 9162.
"""

import base64
import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAME = "witness.example/w1"


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def power_below(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


@dataclass
class WitnessServer:
    """Attributes: asked: bodies that came; fault: what it does instead of answering."""

    origin: str
    log_key: bytes
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    size: int = 0
    root: bytes = b""
    asked: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def public(self) -> str:
        """The key as one line."""
        octets = b"\x04" + self.key.public_key().public_bytes_raw()
        id_ = sha(NAME.encode(), b"\n", octets)[:4]
        return f"{NAME}+{id_.hex()}+{base64.b64encode(octets).decode()}"

    def answer(self, body: str) -> tuple[int, str]:  # noqa: PLR0911 - one for each status
        self.asked.append(body)
        if self.fault:
            return {"away": (503, ""), "refuses": (403, ""), "says nothing": (200, "")}[self.fault]
        head, _, note = body.partition("\n\n")
        old_line, *proof_lines = head.split("\n")
        word, _, old_text = old_line.partition(" ")
        text, _, signatures = note.partition("\n\n")
        lines = text.split("\n")
        if word != "old" or not old_text.isdecimal() or len(lines) != 3 or len(proof_lines) > 63:
            return 400, ""
        if lines[0] != self.origin:
            return 404, ""
        if not self._signed(text + "\n", signatures):
            return 403, ""
        old, size, root = int(old_text), int(lines[1]), base64.b64decode(lines[2], validate=True)
        if old > size:
            return 400, ""
        if old != self.size:
            return 409, f"{self.size}\n"
        if not self._grew(size, root, [base64.b64decode(line) for line in proof_lines]):
            return 422, ""
        self.size, self.root = size, root
        return 200, self._cosignature(text + "\n")

    def _signed(self, text: str, signatures: str) -> bool:
        id_ = sha(self.origin.encode(), b"\n\x01", self.log_key)[:4]
        for line in signatures.splitlines():
            _dash, name, coded = line.split(" ")
            octets = base64.b64decode(coded)
            if name == self.origin and octets[:4] == id_:
                try:
                    Ed25519PublicKey.from_public_bytes(self.log_key).verify(
                        octets[4:], text.encode()
                    )
                except InvalidSignature:
                    return False
                return True
        return False

    def _grew(self, size: int, root: bytes, proof: list[bytes]) -> bool:
        if self.size == 0:
            return proof == []
        if self.size == size:
            return proof == [] and root == self.root
        try:
            old_root, new_root = grown(self.size, size, proof, self.root)
        except IndexError:
            return False
        return (old_root, new_root) == (self.root, root)

    def _cosignature(self, text: str) -> str:
        at = int(time.time())
        octets = b"\x04" + self.key.public_key().public_bytes_raw()
        signature = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        coded = sha(NAME.encode(), b"\n", octets)[:4] + at.to_bytes(8, "big") + signature
        return f"— {NAME} {base64.b64encode(coded).decode()}\n"


def grown(old: int, new: int, proof: list[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Return both roots that a consistency proof leads to; IndexError where it is too short."""
    left = list(proof)

    def lead(old: int, new: int, *, whole: bool) -> tuple[bytes, bytes]:
        if old == new:
            both = old_root if whole else left.pop(0)
            return both, both
        half = power_below(new)
        if old <= half:
            inner = lead(old, half, whole=whole)
            right = left.pop(0)
            return inner[0], sha(b"\x01", inner[1], right)
        inner = lead(old - half, new - half, whole=False)
        beside = left.pop(0)
        return sha(b"\x01", beside, inner[0]), sha(b"\x01", beside, inner[1])

    found = lead(old, new, whole=True)
    if left:
        raise IndexError("too long")
    return found


def serving(server: WitnessServer) -> tuple[ThreadingHTTPServer, str]:
    """Start it; return what to shut down, and its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            status, text = server.answer(body) if self.path == "/add-checkpoint" else (404, "")
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            if status == 409:
                self.send_header("content-type", "text/x.tlog.size")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    return http, f"http://127.0.0.1:{http.server_address[1]}"
