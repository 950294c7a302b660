"""JSON whose numbers stay exact: decimals out, decimals in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def encoded(value: Any) -> bytes:
    """A value as JSON, decimals with their digits."""
    return _ENCODER.encode(value)


def decoded(text: bytes) -> Any:
    """The value of a JSON text, numbers with a point as decimals.

    Raises:
        ValueError: It is none.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
