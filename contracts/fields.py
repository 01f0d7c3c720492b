"""The field types that requests and answers share: forms, lengths, words."""

from typing import Annotated, Final, Literal

from msgspec import Meta

PAGE_MAX: Final = 200

Number = Annotated[
    str,
    Meta(
        pattern=r"^XF-[0-9]{6}-[0-9]{8}-[0-9]{6}-[0-9A-Z]$",
        description="Number of a petition: region, day, serial, check character.",
        examples=["XF-330424-20261123-000017-X"],
    ),
]
Office = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{6}-[0-9]{2}$",
        description="Office: region of GB/T 2260 and a serial.",
        examples=["330424-01"],
    ),
]
Region = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{6}$",
        description="Region of GB/T 2260, six digits.",
        examples=["330424"],
    ),
]
Staff = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$",
        description="Staff number.",
        examples=["L330424001"],
    ),
]
RequestId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{7,99}$",
        description="Chosen by the caller, unique per command; a UUID serves.",
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
OptionalLine = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=2_000)]
Document = Annotated[
    str, Meta(min_length=1, max_length=200, description="Reference of the written document.")
]
Limit = Annotated[int, Meta(ge=1, le=PAGE_MAX)]
Cursor = Annotated[
    str, Meta(max_length=200, description="`next_cursor` of the page before; empty for the first.")
]
Position = Annotated[int, Meta(ge=0)]

Channel = Literal[
    "letter", "visit", "call", "online", "qr", "agent", "reception_day", "transfer", "feed"
]
PetitionClass = Literal["suggestion", "accusation", "appeal"]
PetitionState = Literal["registered", "owned", "closed"]
Standing = Literal["first", "owner", "rival", "disputed"]
