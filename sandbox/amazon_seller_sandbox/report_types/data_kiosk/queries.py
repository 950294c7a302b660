"""Queries in GraphQL: checked against the schema of their data set, and answered row by row."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graphql
from graphql.execution.values import get_argument_values
from graphql.language import ast

from amazon_seller_sandbox.files import data_kiosk as schemas
from amazon_seller_sandbox.refusals import Refusal, invalid_input, unauthorized
from amazon_seller_sandbox.report_types.data_kiosk import economics, sales_traffic, vendor_views
from amazon_seller_sandbox.report_types.data_kiosk.asked import Asked, Root, Selected
from amazon_seller_sandbox.world.accounts import ROLE_ANALYTICS, VENDOR_ANALYTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amazon_seller_sandbox.report_types.data_kiosk.asked import Row
    from amazon_seller_sandbox.world.accounts import Grant
    from amazon_seller_sandbox.world.truth import Truth

LONGEST = 8_000
"""Characters of a query, without needless white space (Data Kiosk 2023-11-15)."""
_OLDEST_DAYS = 731
_SALES_TRAFFIC = "analytics_salesAndTraffic_2024_04_24"
_ECONOMICS = "analytics_economics_2024_03_15"
VENDORS = "analytics_vendorAnalytics_2024_09_30"
_ROWS: Mapping[Root, Callable[[Asked], Iterator[Row]]] = {
    Root(_SALES_TRAFFIC, "salesAndTrafficByAsin"): sales_traffic.by_product,
    Root(_SALES_TRAFFIC, "salesAndTrafficByDate"): sales_traffic.by_day,
    Root(_SALES_TRAFFIC, "salesAndTrafficTrends"): sales_traffic.trends,
    Root(_ECONOMICS, "economics"): economics.economics,
    Root(VENDORS, "manufacturingView"): vendor_views.manufacturing,
    Root(VENDORS, "sourcingView"): vendor_views.sourcing,
}
TRUTH: dict[str, Truth] = {
    "economics": economics.truth,
    "vendor_manufacturing_view": lambda world, business, as_of, since: vendor_views.truth(
        is_manufacturer=True, world=world, business=business, as_of=as_of, _since=since
    ),
    "vendor_sourcing_view": lambda world, business, as_of, since: vendor_views.truth(
        is_manufacturer=False, world=world, business=business, as_of=as_of, _since=since
    ),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that its schema allows."""

    document: ast.DocumentNode
    root: Root
    arguments: dict[str, Any]
    selected: Selected

    @property
    def ways(self) -> list[str]:
        """Return the selected fields as Amazon names them in a refusal."""
        whole = f"{self.root.dataset}.{self.root.name}"
        return [".".join((whole, *way)) for way in sorted(self.selected.ways)]


@cache
def _schema(dataset: str) -> graphql.GraphQLSchema | None:
    path = Path(schemas.__file__).parent / f"{dataset}.graphql"
    return graphql.build_schema(path.read_text("utf-8")) if path.is_file() else None


def check(text: object, grant: Grant, now: float) -> Checked:
    """Return a query that can be answered.

    Raises:
        Refusal: 400 it is not GraphQL, too long, of another form, or not what the schema has; 403 for
            the role, or a marketplace that is not the account's.
    """
    if not isinstance(text, str) or not text.strip():
        raise invalid_input("Invalid Input: query is required.")
    try:
        if len(graphql.strip_ignored_characters(text)) > LONGEST:
            raise invalid_input(f"The query must be at most {LONGEST} characters long.")
        document = graphql.parse(text)
    except graphql.GraphQLSyntaxError as error:
        raise invalid_input("The query is not valid GraphQL.", str(error.message)) from error
    dataset = _only_field(document, "data set")
    schema = _schema(dataset.name.value)
    if schema is None:
        raise _invalid([f"Cannot query field '{dataset.name.value}' on type 'Query'."])
    if errors := graphql.validate(schema, document):
        raise _invalid([error.message for error in errors])
    node = _only_field(dataset, "query")
    root = Root(dataset.name.value, node.name.value)
    assert schema.query_type is not None  # noqa: S101 - every schema of ours has one
    within = graphql.get_named_type(schema.query_type.fields[root.dataset].type)
    assert isinstance(within, graphql.GraphQLObjectType)  # noqa: S101
    arguments = get_argument_values(within.fields[root.name], node)
    found = Checked(document, root, arguments, Selected(frozenset(_ways(node))))
    _check_role(found, grant)
    _check_arguments(found, grant, now)
    return found


def _invalid(reasons: list[str]) -> Refusal:
    return invalid_input("The query does not fit the schema.", " ".join(reasons))


def _only_field(node: Any, what: str) -> ast.FieldNode:  # noqa: ANN401 - nodes of several kinds
    if isinstance(node, ast.DocumentNode):
        operations = [
            each for each in node.definitions if isinstance(each, ast.OperationDefinitionNode)
        ]
        if len(operations) != 1 or operations[0].operation is not ast.OperationType.QUERY:
            raise invalid_input("Exactly one query is expected.")
        node = operations[0]
    fields = [each for each in node.selection_set.selections if isinstance(each, ast.FieldNode)]
    if len(fields) != 1 or len(node.selection_set.selections) != 1:
        raise invalid_input(f"A query must have exactly one {what}.")
    return fields[0]


def _ways(node: ast.FieldNode, within: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for each in node.selection_set.selections if node.selection_set else ():
        if isinstance(each, ast.FieldNode):
            way = (*within, each.name.value)
            if each.selection_set:
                yield from _ways(each, way)
            else:
                yield way


def _check_role(found: Checked, grant: Grant) -> None:
    is_of_vendors = found.root.dataset == VENDORS
    role = VENDOR_ANALYTICS if is_of_vendors else ROLE_ANALYTICS
    if role not in grant.roles:
        raise refused_fields(found.ways)


def refused_fields(ways: list[str]) -> Refusal:
    """Return the refusal of fields that an account may not have.

    Its words are those of amzn/selling-partner-api-models#567 and #5290.
    """
    details = f"Unauthorized to access: [{', '.join(ways)}]"
    return Refusal(403, "Unauthorized", "Unauthorized to access requested fields.", details)


def gone_field(checked: Checked) -> Refusal:
    """Return the refusal of a field that the schema does not have any more, the last by its name."""
    name = checked.ways[-1].rpartition(".")[2]
    return _invalid([f"Cannot query field '{name}' on type 'Row'."])


def _check_arguments(found: Checked, grant: Grant, now: float) -> None:
    ids = found.arguments.get("marketplaceIds") or [
        each["marketplaceId"] for each in found.arguments.get("filters") or ()
    ]
    if any(grant.account.marketplace(each) is None for each in ids):
        raise unauthorized()
    try:
        first, last = (
            date.fromisoformat(str(found.arguments[name])) for name in ("startDate", "endDate")
        )
    except ValueError as error:
        raise _invalid(["startDate and endDate must be dates."]) from error
    today = date.fromtimestamp(now)  # noqa: DTZ012 - a day more or less
    if last < first:
        raise invalid_input("endDate must not be before startDate.")
    if (today - first).days > _OLDEST_DAYS:
        raise invalid_input("startDate must be no more than two years ago.")
    if found.root not in _ROWS:
        raise invalid_input(f"The sandbox has no data for {found.root.name}.")
    most = 30
    if any(len(each["asins"]) > most for each in found.arguments.get("filters") or ()):
        raise invalid_input(f"A filter can have at most {most} ASINs.")


def lines(checked: Checked, asked: Asked) -> Iterator[str]:
    """Yield the rows of a query in JSON, one a line.

    Raises:
        ValueError: The seller's world does not fit the schema.
    """
    schema = _schema(checked.root.dataset)
    assert schema is not None  # noqa: S101 - it has been checked
    rows = partial(_ROWS[checked.root], asked)
    for row in rows():
        # One at a time: memory is that of a row, whatever the query's answer comes to.
        found = graphql.execute_sync(
            schema,
            checked.document,
            {checked.root.dataset: {checked.root.name: _Always([row])}},
        )
        if found.errors or not found.data:
            message = f"{checked.root.name}: {found.errors}"
            raise ValueError(message)
        [answered] = found.data[checked.root.dataset][checked.root.name]
        yield json.dumps(answered, ensure_ascii=False, separators=(",", ":"))


class _Always:
    """What a field is resolved to, whatever its arguments."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def __call__(self, *_: object, **__: object) -> list[Row]:
        return self._rows


def normal(text: str) -> str:
    """Return a query as it is compared with others."""
    return re.sub(r"\s+", " ", text).strip()
