"""The kinds of fields of target-optiply's schemas: pydantic, lax, with its coercers in front.

Source: mariocostaoptiply/target-optiply-v2, target_optiply/unified_schemas at 0a8eff5 (products),
7bbd3f3 (sell orders), 7a1a036 (buy orders), 5ae821f (lines of both), ca1e0c3 (receipt lines), f6ff3e3
(suppliers), 7d37c1c (compositions) and the newest that is stored of supplier products. A coercer makes
nothing of what it cannot read; what has none is refused by pydantic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from typing import Annotated, Any

from dateutil import parser  # type: ignore[import-untyped]
from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model, model_validator

_MOST_DIGITS = 10**9
_SMALL = 0.001

Coercer = Callable[[Any], Any]


def _or_none(convert: Coercer) -> BeforeValidator:
    """Return a coercer of what is not null; what it fails on becomes null."""

    def coerce(value: Any) -> Any:  # noqa: ANN401 - JSON
        if value is None:
            return None
        try:
            return convert(value)
        except (ValueError, TypeError):
            return None

    return BeforeValidator(coerce)


def _cut(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value[:most] if isinstance(value, str) else value)


def _price(value: Any) -> float | None:  # noqa: ANN401 - JSON
    found = round(float(value), 2)
    return None if int(abs(found)) >= _MOST_DIGITS else found


def _moment(value: Any) -> str:  # noqa: ANN401 - JSON
    found = parser.parse(str(value))
    return str((found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat())


def _occurred(value: Any) -> Any:  # noqa: ANN401 - JSON
    return value.isoformat() if hasattr(value, "isoformat") else value


def _one_or_more(value: Any) -> int | None:  # noqa: ANN401 - JSON
    found = int(float(value))
    return found if found >= 1 else None


def _measure(value: Any) -> float:  # noqa: ANN401 - JSON
    found = float(value)
    return round(found, 6 if found and abs(found) < _SMALL else 2)


def _word(value: Any) -> bool | None:  # noqa: ANN401 - JSON
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words.get(value.lower()) if isinstance(value, str) else value


def _addresses(value: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return []


def _status(value: Any) -> str:  # noqa: ANN401 - JSON
    return "disabled" if str(value).lower() in ("disabled", "inactive", "false", "0") else "enabled"


TEXT = str
LONG_TEXT = Annotated[str, _cut(255)]
UNIT = Annotated[str | None, _cut(10)]
FLAG = bool
NUMBER = float
WHOLE = int
PRICE = Annotated[float | None, _or_none(_price)]
PLAIN_PRICE = Annotated[float | None, _or_none(lambda value: round(float(value), 2))]
AMOUNT = Annotated[str | None, _or_none(lambda value: str(round(float(value), 2)))]
READ_WHOLE = Annotated[int | None, _or_none(lambda value: int(float(value)))]
READ_NUMBER = Annotated[float | None, _or_none(float)]
ID_TEXT = Annotated[str | None, _or_none(lambda value: str(int(float(value))))]
ANY_TEXT = Annotated[str | None, _or_none(str)]
MOMENT = Annotated[str | None, _or_none(_moment)]
OCCURRED = Annotated[str | None, _or_none(_occurred)]
ONE_OR_MORE = Annotated[int | None, _or_none(_one_or_more)]
MEASURE = Annotated[float | None, _or_none(_measure)]
WORD = Annotated[bool | None, _or_none(_word)]
ADDRESSES = Annotated[list[str] | None, BeforeValidator(_addresses)]
STATUS = Annotated[str | None, _or_none(_status)]
TYPE = Annotated[
    str | None, _or_none(lambda value: value if value in ("vendor", "producer") else "vendor")
]
LOCATION = Annotated[str | None, _or_none(lambda value: value if len(str(value)) == 13 else None)]  # noqa: PLR2004 - the length of a GLN


class _Base(BaseModel):
    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def one_line(cls, values: Any) -> Any:  # noqa: ANN401 - JSON
        """Take line breaks and outer blanks off every string."""
        return {
            name: value.replace("\r", "").replace("\n", "").strip()
            if isinstance(value, str)
            else value
            for name, value in values.items()
        }


def model(name: str, required: dict[str, Any], optional: dict[str, Any]) -> type[_Base]:
    """Return a schema of a stream: fields by name; of the optional ones null is left out."""
    fields: dict[str, Any] = {each: (kind, ...) for each, kind in required.items()}
    fields |= {each: (kind | None, None) for each, kind in optional.items()}
    if name == "Products":  # so it is sent with PATCH as well
        fields["unlimitedStock"] = (bool, False)
    made: type[_Base] = create_model(name, __base__=_Base, **fields)
    return made
