"""The field types that requests and answers share: forms, lengths, words."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, UnsetType

PAGE_MAX: Final = 200
# In Python `$` also matches before a line feed at the end. The schemas say `$`, as others need it.
END: Final = r"$(?!\n)"
VISIBLE: Final = r"\S"

NUMBER: Final = r"^XF-[0-9]{6}-[0-9]{8}-[0-9]{6}-[0-9A-Z]"
Number = Annotated[
    str,
    Meta(
        pattern=NUMBER + END,
        description="Number of a petition: region, day, serial, check character.",
        examples=["XF-330424-20261123-000017-X"],
    ),
]
Office = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{6}-[0-9]{2}" + END,
        description="Office: region of GB/T 2260 and a serial.",
        examples=["330424-01"],
    ),
]
Region = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{6}" + END,
        description="Region of GB/T 2260, six digits.",
        examples=["330424"],
    ),
]
Staff = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}" + END,
        description="Staff number.",
        examples=["L330424001"],
    ),
]
RequestId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{7,99}" + END,
        description="Chosen by the caller, unique per command; a UUID serves.",
    ),
]
Line = Annotated[str, Meta(pattern=VISIBLE, max_length=200)]
OptionalLine = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=2_000)]
Reason = Annotated[str, Meta(pattern=VISIBLE, max_length=2_000)]
Document = Annotated[
    str, Meta(pattern=VISIBLE, max_length=200, description="Reference of the written document.")
]
Limit = Annotated[int, Meta(ge=1, le=PAGE_MAX)]
Cursor = Annotated[
    str, Meta(max_length=200, description="`next_cursor` of the page before; empty for the first.")
]
Position = Annotated[int, Meta(ge=0, le=2**63 - 1)]
# Absent unless given: who does not say what he saw decides on whatever is on record.
ExpectedVersion = Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType
# The number of the petition that names a party, and SHA-256 in hex over it and his code (ADR 11).
Mark = Annotated[str, Meta(pattern=NUMBER + r"\.[0-9a-f]{64}" + END)]

# What is asked for under these names stands in events, and so in every log and queue.
PUBLISHED: Final = frozenset({"category", "reason", "document", "reply_document"})

Channel = Literal[
    "letter", "visit", "call", "online", "qr", "agent", "reception_day", "transfer", "feed"
]
# How each is called in Chinese, wherever people read it (信访形式).
CHANNELS: Final[Mapping[str, str]] = {
    "letter": "来信",
    "visit": "来访",
    "call": "来电",
    "online": "网上",
    "qr": "扫码",
    "agent": "代办",
    "reception_day": "下访接访",
    "transfer": "上级转送",
    "feed": "平台归集",
}
PetitionClass = Literal["suggestion", "accusation", "appeal"]
PetitionState = Literal["registered", "owned", "closed"]
Nearness = Literal["office", "region", "city", "elsewhere"]
KnownBy = Literal["id_number", "phone", "phone_to_id"]
Withdrawal = Literal["settled", "not_pursued", "by_mistake", "other"]
Standing = Literal["first", "owner", "rival", "disputed"]

# What a name means wherever a message, request or answer has it and says nothing else.
MEANINGS: Final[Mapping[str, str]] = {
    "petition_id": "UUID of the petition.",
    "expected_version": "`version` of the matter as the caller saw it; refused if it changed.",
    "version": "Of the matter, from 1; grows with every fact about it.",
    "number": "Number of the petition: region, day, serial, check character.",
    "office": "Office code: region of GB/T 2260 and a serial.",
    "region": "Region of GB/T 2260, six digits.",
    "channel": "How the petition came (信访形式).",
    "petition_class": "Suggestion (建议意见), accusation (检举控告) or appeal (申诉求决).",
    "category": "What it is about, in the words of the office's own list. Published.",
    "headcount": "How many people raise it, the petitioner included.",
    "sealed": "Accusation material, open only to named people (Arts 27 to 30).",
    "external_number": "Its number in the system that it came from; empty if none. Published.",
    "state": "Registered: nobody owns it yet. Owned: a leader does. Closed.",
    "occurred_at": "When it happened, as stated.",
    "registered_at": "When it was put on record.",
    "query_code": "With the number it lets the petitioner ask where the petition stands.",
    "title": "One line; personal data.",
    "body": "The text; personal data.",
    "place": "Where it happened; personal data.",
    "petitioner": "Who raises it (信访人).",
    "representatives": "Who speaks for a group, at most five (Arts 19, 20).",
    "co_signers": "Who raises it with the petitioner (共同信访人); each counts as he does when a"
    " repeat is looked for.",
    "agent": "Who acts for the petitioner (代办员), if anybody.",
    "accused": "Persons or units accused, for accusations.",
    "accused_staff": "Staff numbers of those accused, or of parties who are to be kept out of the"
    " handling. Of an accusation they learn nothing. Kept with the content.",
    "accused_units": "Office codes of units accused, likewise: whoever acts for one is kept out.",
    "kept_out": "Marks of the parties: the petition's number and SHA-256 over it and the code.",
    "matter_id": "UUID of the first petition of the matter: its own, unless it repeats another.",
    "matter_number": "Number of the first petition of the matter.",
    "owner": "Staff number of the one leader who owns the matter (首问责任领导).",
    "previous_owner": "Staff number of the leader who owned the matter before.",
    "owned_since": "Since when the present owner owns it.",
    "leader": "Staff number of the leader.",
    "reception_id": "UUID of the reception (接访).",
    "received_at": "When the leader received the petitioner, as stated: evidence only.",
    "standing": "First: this reception made the owner. Owner: the owner received again. Rival:"
    " somebody else owns it. Disputed: rival, and dated before the first contact.",
    "dispute_id": "The dispute about first contact, where the reception opened one.",
    "ruling": "Upheld: the claimant owns the matter from now on. Rejected: nothing changes.",
    "ground": "Why the ownership passed on.",
    "approver": "Staff number of the person who approved the step.",
    "document": "Reference of the written document behind the step; empty if none. Published.",
    "reason": "The reason given. It is published: no personal data.",
    "awaits": "Whose step makes the owner: a reception, the first leader to take it from the open"
    " list, or the leader on duty.",
    "outcome": "How the matter ended.",
    "reply_document": "Reference of the written reply delivered to the petitioner; empty if none."
    " Published.",
    "delivered_by": "Staff number of the person who delivered the reply, or who recorded it.",
    "delivered_at": "When the reply reached the petitioner, as stated.",
    "follow_up_visit_at": "When the petitioner was visited after the reply (回访).",
    "evaluation_asked_at": "When the petitioner was asked for an evaluation (满意度评价).",
    "repeat_number": "Number of the repeat petition.",
    "day": "Day in Shanghai.",
    "reminder_id": "UUID of the reminder.",
    "recipient": "Staff number, or `office_head:<office>`.",
    "due_at": "When it is to be delivered.",
    "attempts": "Rounds of attempts so far.",
    "as_of": "The instant on the record's clock: what was recorded later is left out.",
    "index": "Position in the request's `items`, from 0.",
    "items": "At most `limit` of them.",
    "limit": "How many items or events the answer holds at most.",
    "next_cursor": "The `cursor` of the next page; empty when this is the last.",
    "events": "In the order of their positions.",
    "service": "Name of the service.",
}
