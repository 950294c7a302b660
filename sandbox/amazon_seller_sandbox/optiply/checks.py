"""What is wrong with the attributes of a write, as far as they alone can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.optiply.errors import Problem, attribute
from amazon_seller_sandbox.optiply.kinds import Money

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.optiply.entities import Entity, Field, Lines

LINES = "orderLines"


def of_attributes(
    fields: Mapping[str, Field], attributes: Mapping[str, Any], *, new: bool, path: str = ""
) -> Iterator[Problem]:
    """Yield what is wrong: unknown names, wrong values and, of a new object, what is missing."""
    for name, value in attributes.items():
        field = fields.get(name)
        if field is None:
            yield attribute(path + name, "is not an attribute of this entity")
        elif value is None:
            if not field.nullable:
                yield attribute(path + name, "is null")
        elif wrong := field.kind.complaint(value):
            yield attribute(path + name, wrong)
    for name, field in fields.items():
        if new and field.required and name not in attributes:
            yield attribute(path + name, "is missing")


def of_exact(
    fields: Mapping[str, Field], attributes: Mapping[str, Any], path: str = ""
) -> Iterator[Problem]:
    """Yield which amounts, right ones otherwise, are sums of floats; for the stricter server."""
    for name, value in attributes.items():
        kind = fields[name].kind if name in fields else None
        if isinstance(kind, Money) and kind.is_noisy(value):
            yield attribute(path + name, "has more than two decimals")


def of_new(entity: Entity, attributes: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with a new object, its lines included."""
    own = dict(attributes)
    if entity.lines is not None:
        yield from _of_lines(entity.lines, own.pop(LINES, None), sent=LINES in attributes)
    yield from of_attributes(entity.fields, own, new=True)


def unwrapped(line: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a line's attributes; some targets send them within ``type`` and ``attributes``."""
    if isinstance(line, dict) and set(line) == {"type", "attributes"}:
        return line["attributes"]
    return line


def _of_lines(lines: Lines, value: Any, *, sent: bool) -> Iterator[Problem]:  # noqa: ANN401 - JSON
    if not sent and not lines.required:
        return
    # Whether an order that need not have lines may have an empty list is not documented; strict.
    if not isinstance(value, list) or not value:
        yield attribute(LINES, "is missing" if not sent else "is not a list of lines, or empty")
        return
    products: set[int] = set()
    for place, each in enumerate(value):
        line, path = unwrapped(each), f"{LINES}/{place}"
        if isinstance(each, dict) and each.get("type", lines.entity) != lines.entity:
            yield attribute(f"{path}/type", f"is not {lines.entity}")
        if not isinstance(line, dict):
            yield attribute(path, "is not an object")
            continue
        yield from of_attributes(lines.fields, line, new=True, path=f"{path}/")
        kind = lines.fields["productId"].kind
        if lines.once and kind.complaint(line.get("productId")) is None:
            product = kind.stored(line["productId"])
            if product in products:
                yield attribute(f"{path}/productId", "names a product twice; once per order")
            products.add(product)
