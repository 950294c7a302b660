"""Checks a query of Data Kiosk against the GraphQL schema of its data set, and types its records.

The names and types of Amazon's data sets come with the tap (`schemas/data_kiosk`); a folder of Amazon's
own files adds newer ones. This module imports graphql-core, so it is imported only where a query is
configured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graphql
from graphql.language import ast

from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.reports.definitions import Span
from tap_amazon_seller.reports.queries import Field, KioskQuery
from tap_amazon_seller.reports.rows.json_lines import LIFTED
from tap_amazon_seller.reports.text.headers import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ADDED = ("marketplaceId", "startDate", "endDate")
"""Fields that are selected in any case: whose row it is, and of which days."""
FILLED = ("startDate", "endDate", "marketplaceIds")
"""Arguments that the tap sets, whatever the query has there."""
USUAL_DAYS = 14
"""Days in one query whose rows have a day each."""
SAMPLE = {"startDate": '"2026-01-01"', "endDate": '"2026-01-01"', "marketplaceIds": '["A"]'}
TYPES = {
    "Boolean": "boolean",
    "Float": "number",
    "ID": "string",
    "Int": "integer",
    "Long": "integer",
    "String": "string",
}


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that the schema allows.

    Attributes:
        query: The query, without the days and marketplaces that the tap sets.
        properties: JSON Schemas of its records' properties.
        records: The list in each row that has the records; none where rows are records.
        span: What it is aggregated by.
        usual_days: How many days one query covers, if the user does not say.
    """

    query: KioskQuery
    properties: Mapping[str, Any]
    records: str
    span: Span
    usual_days: int


def checked(text: str, what: str, folder: Path | None, *, days_ahead: int = 0) -> CheckedQuery:
    """A query as it can be sent.

    Args:
        text: The query in GraphQL, as Amazon's Schema Explorer makes it.
        what: Which one, for messages.
        folder: A folder of further schemas.
        days_ahead: Of a query about time to come: how many days from today on it covers.

    Raises:
        ConfigurationError: It cannot be sent.
    """
    operation = _operation(text, what)
    dataset = _only_field(operation, what, "data set")
    schema = _schema(dataset.name.value, what, folder)
    asked = _only_field(dataset, what, "query")
    root = graphql.get_named_type(_field_of(schema.query_type, dataset, what).type)
    definition = _field_of(root, asked, what)
    arguments = {each.name.value: graphql.print_ast(each.value) for each in asked.arguments or ()}
    allowed = definition.args.keys()
    own = {name: value for name, value in arguments.items() if name not in FILLED}
    filled = {name: value for name, value in SAMPLE.items() if name in allowed}
    fields = tuple(_selected(asked, what))
    row = graphql.get_named_type(definition.type)
    if isinstance(row, graphql.GraphQLObjectType):
        added = [name for name in ADDED if name in row.fields]
        have = {field.name for field in fields}
        fields = (*(Field(name) for name in added if name not in have), *fields)
    query = KioskQuery(
        dataset.name.value,
        asked.name.value,
        fields,
        arguments=tuple((name, _short(value)) for name, value in own.items()),
        takes_marketplaces="marketplaceIds" in allowed,
        takes_currency="currencyCode" in allowed and "currencyCode" not in own,
        days_ahead=days_ahead,
    )
    _validate(schema, query, own | filled, what)
    records = _list_of_rows(row, fields)
    span = _span(asked)
    return CheckedQuery(
        query,
        _properties(row, fields, records),
        records,
        span or Span.DAY,
        USUAL_DAYS if span else 1,
    )


def _operation(text: str, what: str) -> ast.OperationDefinitionNode:
    """The one query of a text."""
    try:
        document = graphql.parse(text, no_location=False)
    except graphql.GraphQLSyntaxError as error:
        where = f" in line {error.locations[0].line}" if error.locations else ""
        said = error.message.removeprefix("Syntax Error: ").removesuffix(".")
        raise ConfigurationError(f"{what} is not GraphQL{where}: {said}.") from None
    operations = document.definitions
    first = operations[0]
    is_query = (
        len(operations) == 1
        and isinstance(first, ast.OperationDefinitionNode)
        and first.operation is ast.OperationType.QUERY
    )
    if not is_query:
        raise ConfigurationError(f"{what} must be one query, without fragments.")
    assert isinstance(first, ast.OperationDefinitionNode)  # noqa: S101 - for the types
    if first.variable_definitions:
        raise ConfigurationError(
            f"{what} has variables, which Amazon does not take; write values, and leave days and "
            "marketplaces to the tap."
        )
    return first


def _only_field(node: Any, what: str, kind: str) -> ast.FieldNode:
    found = list(_field_nodes(node, what))
    if len(found) != 1:
        raise ConfigurationError(f"{what} must have one {kind}; it has {len(found)}.")
    return found[0]


def _field_nodes(node: Any, what: str) -> Iterator[ast.FieldNode]:
    for each in node.selection_set.selections if node.selection_set else ():
        if not isinstance(each, ast.FieldNode) or each.alias or each.directives:
            raise ConfigurationError(
                f"{what} must name its fields plainly, without fragments, aliases and directives."
            )
        yield each


def _selected(node: ast.FieldNode, what: str) -> Iterator[Field]:
    for each in _field_nodes(node, what):
        if each.arguments:
            raise ConfigurationError(
                f"{what} has arguments of the field '{each.name.value}'; only the query has some."
            )
        yield Field(each.name.value, tuple(_selected(each, what)))


def _field_of(within: Any, node: ast.FieldNode, what: str) -> graphql.GraphQLField:
    fields: dict[str, graphql.GraphQLField] = getattr(within, "fields", {})
    if node.name.value not in fields:
        raise ConfigurationError(
            f"{what} has '{node.name.value}', which is not in the schema; there are "
            f"{', '.join(sorted(fields))}."
        )
    return fields[node.name.value]


def _schema(dataset: str, what: str, folder: Path | None) -> graphql.GraphQLSchema:
    """The schema of a data set: from the user's folder, else what comes with the tap."""
    known = {path.stem: path for path in _files(schema_folder())}
    if folder:
        if not folder.is_dir():
            raise ConfigurationError(
                f"Setting 'data_kiosk_schemas': {folder} is not a folder that can be read."
            )
        known |= {path.stem: path for path in _files(folder)}
    if dataset not in known:
        raise ConfigurationError(
            f"{what} is of the data set '{dataset}', which is not known; there are "
            f"{', '.join(sorted(known))}. The schema of a newer one can be in the folder of "
            "'data_kiosk_schemas'."
        )
    path = known[dataset]
    try:
        return graphql.build_schema(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, graphql.GraphQLError, TypeError) as error:
        raise ConfigurationError(
            f"The schema {path} cannot be read ({type(error).__name__}); copy it again from Amazon's "
            "selling-partner-api-models."
        ) from None


def schema_folder() -> Path:
    """`data_kiosk/` inside the installed package, or `schemas/data_kiosk/` of a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data_kiosk"
    return installed if installed.is_dir() else package.parent / "schemas" / "data_kiosk"


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.graphql"))


def _validate(
    schema: graphql.GraphQLSchema, query: KioskQuery, arguments: Mapping[str, str], what: str
) -> None:
    """Refuse a query that the schema does not allow, with what is wrong first."""
    given = " ".join(f"{name}:{value}" for name, value in arguments.items())
    fields = " ".join(map(str, query.fields))
    text = f"{{{query.dataset}{{{query.name}({given}){{{fields}}}}}}}"
    errors = graphql.validate(schema, graphql.parse(text))
    if errors:
        said = errors[0].message.removesuffix(".")
        raise ConfigurationError(
            f"{what} does not fit Amazon's schema: {said}. If that is newer than this tap, put Amazon's "
            "file into the folder of 'data_kiosk_schemas'."
        )


def _short(value: str) -> str:
    return graphql.strip_ignored_characters(value)


def _span(asked: ast.FieldNode) -> Span | None:
    """What the rows are aggregated by; None where one sums up the complete time."""
    named = {"DAY": Span.DAY, "WEEK": Span.WEEK, "MONTH": Span.MONTH}
    for argument in asked.arguments or ():
        value: Any = argument.value
        if isinstance(value, ast.ObjectValueNode):
            members = {each.name.value: each.value for each in value.fields}
            value = members.get("date", value)
        if isinstance(value, ast.EnumValueNode) and value.value in named:
            return named[value.value]
    return None


def _list_of_rows(row: Any, fields: Iterable[Field]) -> str:
    """The list of a view of vendors, where the records are within each row."""
    for field in fields:
        if {each.name for each in field.fields} >= set(LIFTED):
            kind = graphql.get_nullable_type(row.fields[field.name].type)
            if isinstance(kind, graphql.GraphQLList):
                return field.name
    return ""


def _properties(row: Any, fields: Iterable[Field], records: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        kind = row.fields[field.name].type
        if field.name == records:
            item = graphql.get_named_type(kind)
            assert isinstance(item, graphql.GraphQLObjectType)  # noqa: S101 - for the types
            for holder in field.fields:
                inner = graphql.get_named_type(item.fields[holder.name].type)
                found |= _properties(inner, holder.fields, "")
        elif not (records and field.fields):  # objects beside the list are not of a record
            found[snake_case(field.name)] = _json_schema(kind, field)
    return found


def _json_schema(kind: Any, field: Field) -> dict[str, Any]:
    """The JSON Schema of a field's values; each may be null, for fields come and go."""
    plain = graphql.get_nullable_type(kind)
    if isinstance(plain, graphql.GraphQLList):
        return {"type": ["array", "null"], "items": _json_schema(plain.of_type, field)}
    if isinstance(plain, graphql.GraphQLObjectType):
        inner = {
            each.name: _json_schema(plain.fields[each.name].type, each) for each in field.fields
        }
        return {"type": ["object", "null"], "properties": inner}
    if plain.name == "Date":
        return {"type": ["string", "null"], "format": "date"}
    return {"type": [TYPES.get(plain.name, "string"), "null"]}
