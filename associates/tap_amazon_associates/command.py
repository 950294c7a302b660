"""The command `amazon-associates`: products by ASIN, link or code, from a shell."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amazon_programs.command_line import run
from tap_amazon_associates.errors import AssociatesError, NotAProductLinkError
from tap_amazon_associates.links.products import is_short, product_links

if TYPE_CHECKING:
    from tap_amazon_associates.associates import Associates

NOT_FOUND = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tap-amazon-seller", prog_name="amazon-associates")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="JSON file with the tap's settings; others come from TAP_AMAZON_ASSOCIATES_... variables.",
)
@click.pass_context
def commands(context: click.Context, config: Path | None) -> None:
    """Product data of Amazon's Creators API.

    Exit codes: 0; 1 a failure; 2 there is no such product.
    """
    context.obj = config


@commands.command()
@click.argument("products", nargs=-1, required=True)
@click.pass_context
def item(context: click.Context, products: tuple[str, ...]) -> None:
    """Print products as JSON Lines, by ASIN, link or short link."""
    with _opened(context) as amazon:
        missing = 0
        for each in amazon.items(products):
            if isinstance(each, dict):
                _print(each)
            else:
                missing += 1
                click.echo(amazon.redaction(each.message), err=True)
        _end(amazon, is_found=not missing)


@commands.command("search-ean")
@click.argument("code")
@click.option("--country", help="Another marketplace than that of the setting `country`.")
@click.pass_context
def search_ean(context: click.Context, code: str, country: str | None) -> None:
    """Print the products that have a code (EAN, UPC, GTIN or ISBN), as JSON Lines."""
    with _opened(context) as amazon:
        found = amazon.search_ean(code, country)
        for record in found:
            _print(record)
        if not found:
            click.echo(f"No product with the code {code} was found.", err=True)
        _end(amazon, is_found=bool(found))


@commands.command()
@click.argument("product")
@click.pass_context
def validate(context: click.Context, product: str) -> None:
    """Say whether an ASIN, or the product of a link, exists in its marketplace."""
    with _opened(context) as amazon:
        is_valid = amazon.validate(product)
        click.echo("valid" if is_valid else "not valid")
        _end(amazon, is_found=is_valid)


@commands.command("asin-from-url")
@click.argument("links", nargs=-1, required=True)
@click.pass_context
def asin_from_url(context: click.Context, links: tuple[str, ...]) -> None:
    """Print ASIN and country of links, without asking Amazon; short links need `resolve`."""
    failed = False
    for link in links:
        try:
            for found in product_links(link):
                place = found.marketplace.country if found.marketplace else ""
                click.echo(f"{found.asin}\t{place}")
        except NotAProductLinkError as error:
            failed = True
            advice = " It is a short link: use `resolve`." if is_short(link) else ""
            click.echo(f"{error}{advice}", err=True)
    context.exit(NOT_FOUND if failed else 0)


@commands.command()
@click.argument("links", nargs=-1, required=True)
@click.pass_context
def resolve(context: click.Context, links: tuple[str, ...]) -> None:
    """Print where short links (amzn.to, a.co, amzn.eu, amzn.asia) lead, with ASIN and country."""
    with _opened(context) as amazon:
        for link in links:
            address = amazon.resolve(link)
            for found in product_links(address):
                place = found.marketplace.country if found.marketplace else ""
                click.echo(f"{found.asin}\t{place}\t{address}")


@commands.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def enrich(context: click.Context, path: Path) -> None:
    """Write product data beside the records of a file or folder (.jsonl, .csv, .tsv)."""
    from tap_amazon_associates import enrichment  # noqa: PLC0415 - the other commands go without

    total: Counter[str] = Counter()
    with _opened(context) as amazon:
        for done in enrichment.enrich(amazon, path):
            total.update(done.counts)
            counts = ", ".join(f"{count} {status}" for status, count in sorted(done.counts.items()))
            click.echo(f"{done.source} -> {done.target}: {counts or 'no records'}")
        _end(amazon, is_found=True)


def main() -> None:
    """Run the command; every failure is one sentence on standard error and an exit code."""
    run(
        commands,
        None,
        name="amazon-associates",
        extra="associates",
        sentence_of=lambda error: str(error) if isinstance(error, AssociatesError) else None,
    )


def _opened(context: click.Context) -> Associates:
    """The account of the configuration."""
    from tap_amazon_associates.associates import Associates  # noqa: PLC0415 - needs the extra
    from tap_amazon_associates.config.settings import PROPERTIES  # noqa: PLC0415
    from tap_amazon_associates.config.sources import (  # noqa: PLC0415
        checked,
        config_file,
        from_environment,
    )

    variables = from_environment(PROPERTIES, os.environ)
    config = variables | (config_file(context.obj) if context.obj else {})
    return Associates(checked(config, PROPERTIES))


def _print(record: dict[str, Any]) -> None:
    from tap_amazon_associates.exact_json import encoded  # noqa: PLC0415

    click.echo(encoded(record))


def _end(amazon: Associates, *, is_found: bool) -> None:
    """End with the exit code of what was found, or with why Amazon could not be asked."""
    if amazon.session.stopped is not None:
        raise amazon.session.stopped
    if not is_found:
        sys.exit(NOT_FOUND)
