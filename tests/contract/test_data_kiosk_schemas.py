"""Data Kiosk is held against Amazon's own model and GraphQL schemas."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import graphql
import httpx
import loopback
import pytest
from contract.conftest import MODELS_DIR
from contract.test_amazon_models import DE, Caller

from tap_amazon_seller.config.graphql_queries import schema_folder
from tap_amazon_seller.streams import data_kiosk

if TYPE_CHECKING:
    from conftest import StartSandbox
    from contract.conftest import ModelOperation

    from tap_amazon_seller.reports.queries import KioskQuery

DATASETS = tuple(path.stem for path in sorted(schema_folder().glob("*.graphql")))
DEFINITIONS = (
    data_kiosk.SALES_TRAFFIC_BY_SKU,
    data_kiosk.SALES_TRAFFIC_BY_DATE,
    *(entry.report for entry in data_kiosk.QUERIES),
)
QUERIES = {each.query.name: each.query for each in DEFINITIONS if each.query}


def of_amazon(dataset: str) -> graphql.GraphQLSchema:
    path = MODELS_DIR / "data-kiosk" / f"{dataset}.graphql"
    if not path.is_file():
        pytest.skip(f"Amazon's schemas are not in {MODELS_DIR}; set SPAPI_MODELS_DIR")
    return graphql.build_schema(path.read_text("utf-8"))


def described(schema: graphql.GraphQLSchema) -> dict[str, object]:
    """The names and types of a schema, without what Amazon says of them."""
    found: dict[str, object] = {}
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, graphql.GraphQLObjectType):
            found[name] = {
                each: (str(field.type), {one: str(arg.type) for one, arg in field.args.items()})
                for each, field in kind.fields.items()
            }
        elif isinstance(kind, graphql.GraphQLInputObjectType):
            found[name] = {each: str(field.type) for each, field in kind.fields.items()}
        elif isinstance(kind, graphql.GraphQLEnumType):
            found[name] = sorted(kind.values)
        else:
            found[name] = type(kind).__name__
    return found


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_names_and_types_are_amazons(dataset: str) -> None:
    amazons = described(of_amazon(dataset))
    ours = described(
        graphql.build_schema((schema_folder() / f"{dataset}.graphql").read_text("utf-8"))
    )

    assert ours.keys() >= {each for each in amazons if each not in {"Boolean", "String", "Int"}}
    for name, kind in amazons.items():
        assert ours.get(name, kind) == kind, name


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_the_taps_queries_fit_amazons_schemas(query: KioskQuery) -> None:
    days = date(2026, 10, 1), date(2026, 10, 2)

    text = query.text(days, ["A", "B"], "EUR")

    assert graphql.validate(of_amazon(query.dataset), graphql.parse(text)) == []


def test_the_life_of_a_query_is_as_modelled(
    start_sandbox: StartSandbox, models: dict[str, ModelOperation]
) -> None:
    text = QUERIES["salesAndTrafficByDate"].text(
        (date(2026, 10, 20), date(2026, 10, 25)), [DE], "EUR"
    )
    sandbox = start_sandbox(query_rows=4, clock_factor=600)
    with httpx.Client(verify=loopback.TLS, base_url=sandbox.url, timeout=30) as http:
        caller = Caller(sandbox, models, http)
        caller.log_in()
        body: dict[str, str] = {"query": text}
        for _ in range(2):
            path = {"queryId": caller.call("createQuery", 202, body)["queryId"]}
            caller.call("getQuery", 200, path=path)
            sandbox.advance(minutes=5)
            done = caller.call("getQuery", 200, path=path)
            document = caller.call("getDocument", 200, path={"documentId": done["dataDocumentId"]})
            assert loopback.get(document["documentUrl"]).status_code == 200
            body["paginationToken"] = done.get("pagination", {}).get("nextToken", "")
        assert not body["paginationToken"]
        first = caller.call("getQueries", 200, pageSize="1")
        token = first["pagination"]["nextToken"]
        assert caller.call("getQueries", 200, pageSize="1", paginationToken=token)["queries"]
        queued = caller.call("createQuery", 202, {"query": text})
        caller.call("cancelQuery", 204, path=queued)
        caller.call("cancelQuery", 400, path=path)
        caller.call("createQuery", 400, {"query": "{"})
        caller.call("getQuery", 404, path={"queryId": "1"})
        caller.call("getDocument", 404, path={"documentId": "x"})
        caller.call("getQueries", 400, pageSize="0")
        caller.log_in("Atzr|sandbox-limited")
        caller.call("createQuery", 403, {"query": text})
