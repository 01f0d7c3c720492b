"""The envelope of every event: CloudEvents 1.0, many in one AMQP message.

One AMQP message is a JSON array in `application/cloudevents-batch+json`, its events in the order
of their `sequence`, which is the gapless position in the log of the publishing service. A consumer
that has applied position n and meets n+2 knows that it must ask for n+1.

`sequence` follows the CloudEvents extension of that name: a string that sorts as text, here the
position in 19 digits.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

CONTENT_TYPE: Final = "application/cloudevents-batch+json"
SEQUENCE_DIGITS: Final = 19

Utc = Annotated[datetime, Meta(tz=True)]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event of one service.

    Attributes:
        id: UUID of the event; the same for ever, however often it is sent.
        source: `/shouwen/<service>`.
        type: written name with version, such as `petition.registered.v1`.
        subject: the petition that the event is about; the stream where it is about none.
        time: when it happened, as stated.
        recordedtime: when it was appended to the log.
        sequence: position in the log of the source, from 1, as 19 digits.
        stream: UUID of the aggregate that the event is part of.
        streamversion: position within the stream, from 1.
        actor: staff number or `service:<name>`, from a verified token.
        correlationid: the same for all that one request led to.
        causationid: id of the event or request that led to this one.
        data: the message, of the shape that `type` names.
        specversion: version of CloudEvents.
        datacontenttype: of `data`, always JSON.
    """

    id: str
    source: str
    type: str
    subject: str
    time: Utc
    recordedtime: Utc
    sequence: Annotated[str, Meta(pattern=r"^[0-9]{19}$")]
    stream: str
    streamversion: int
    actor: str
    correlationid: str
    causationid: str
    data: dict[str, Any]
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    @property
    def position(self) -> int:
        """Position in the log of the source, from 1."""
        return int(self.sequence)

    @property
    def service(self) -> str:
        """Name of the publishing service."""
        return self.source.rpartition("/")[2]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[CloudEvent])


def source_of(service: str) -> str:
    """Return the CloudEvents source of a service."""
    return f"/shouwen/{service}"


def sequence_of(position: int) -> str:
    """Return a position as a sequence."""
    return str(position).zfill(SEQUENCE_DIGITS)


def encode_batch(batch: Sequence[CloudEvent]) -> bytes:
    """Return the body of one AMQP message."""
    return _encoder.encode(batch)


def decode_batch(body: bytes | str) -> list[CloudEvent]:
    """Read the body of one AMQP message.

    Raises:
        msgspec.DecodeError: the body is not a batch of CloudEvents.
    """
    return _decoder.decode(body)
