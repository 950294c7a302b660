"""The command ``amazon-seller-sandbox``."""

from __future__ import annotations

import sys

import click

from amazon_seller_sandbox.clock import parse_instant
from amazon_seller_sandbox.server.notifications import NotInstalledError
from amazon_seller_sandbox.server.serving import bind, serve
from amazon_seller_sandbox.world.sellers import MOST
from amazon_seller_sandbox.world.world import DEFAULT_NOW, Settings, World


def _instant(_context: click.Context, _option: click.Parameter, value: str) -> float:
    """Read an ISO 8601 date-time with offset, as seconds since 1970."""
    try:
        return parse_instant(value)
    except ValueError as error:
        message = f"{value!r} is not an ISO 8601 date-time with offset, such as {DEFAULT_NOW}."
        raise click.BadParameter(message) from error


_POSITIVE = click.FloatRange(min=0, min_open=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="amazon-seller-sandbox", prog_name="amazon-seller-sandbox")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default="any free port",
    help="Port to listen on.",
)  # fmt: skip
@click.option(
    "--clock-factor", type=_POSITIVE, default=1.0, show_default=True,
    help="How many times faster than the wall clock the sandbox's clock runs; tokens and addresses of "
    "documents live as long as Amazon's by the wall clock.",
)  # fmt: skip
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same data."
)
@click.option(
    "--orders", type=click.IntRange(1), default=500, show_default=True,
    help="Orders per account in the --days before the epoch.",
)  # fmt: skip
@click.option(
    "--days", type=_POSITIVE, default=60.0, show_default=True,
    help="Days of order history before the epoch.",
)  # fmt: skip
@click.option(
    "--listings", type=click.IntRange(20, 100_000), default=240, show_default=True,
    help="Listings per account.",
)  # fmt: skip
@click.option(
    "--sellers", type=click.IntRange(0, MOST), default=0, show_default=True,
    help="Further sellers, each small and in one marketplace: Atzr|sandbox-S0001, S0002 ...",
)  # fmt: skip
@click.option(
    "--codes", type=click.IntRange(0, 1_000_000), default=0, show_default=True,
    help="Products of the code catalog: what is asked by EAN, with all that is ambiguous about it.",
)  # fmt: skip
@click.option(
    "--now", callback=_instant, default=DEFAULT_NOW, show_default=True,
    help="Where the sandbox's clock starts.",
)  # fmt: skip
@click.option(
    "--epoch", callback=_instant, default=DEFAULT_NOW, show_default=True,
    help="The instant that --orders and --days count back from.",
)  # fmt: skip
@click.option("--live", is_flag=True, help="The data follows the clock instead of standing still.")
@click.option(
    "--report-seconds", type=_POSITIVE, nargs=2, default=(20.0, 240.0), show_default=True,
    metavar="MIN MAX", help="Sandbox seconds a report takes.",
)  # fmt: skip
@click.option(
    "--query-rows", type=click.IntRange(1), default=10_000, show_default=True,
    help="Rows in a document of Data Kiosk; more come in further pages.",
)  # fmt: skip
@click.option(
    "--cancel-empty", is_flag=True, help="A report without data ends CANCELLED, not header-only."
)
@click.option(
    "--region-wide-orders", is_flag=True,
    help="All-orders reports ignore marketplaceIds, as sometimes seen in real life.",
)  # fmt: skip
@click.option(
    "--report-lag-minutes", type=click.FloatRange(0), default=0.0, show_default=True,
    help="Orders show up in reports only so long after they change.",
)  # fmt: skip
@click.option(
    "--ignore-report-locale", is_flag=True,
    help="Ignore preferredReportDocumentLocale, as Amazon does while a report is cached.",
)  # fmt: skip
@click.option(
    "--odd-participations",
    is_flag=True,
    help="The account also lists marketplaces it cannot sell in, as real ones do.",
)
@click.option(
    "--rate-factor", type=_POSITIVE, default=1.0, show_default=True,
    help="Calls a second that accounts may make, as a share of what Amazon documents.",
)  # fmt: skip
@click.option(
    "--report-limits", type=click.Choice(["seller", "application", "off"]), default="seller",
    show_default=True,
    help="Who shares the limit of a report type that has one: Amazon has said both.",
)  # fmt: skip
@click.option(
    "--notifications", is_flag=True,
    help="Run an SQS on loopback and deliver notifications to it; /_sandbox/notifications names it.",
)  # fmt: skip
@click.option(
    "--optiply-token-seconds", type=_POSITIVE, default=3600.0, show_default=True,
    help="Sandbox seconds an access token of Optiply's lives.",
)  # fmt: skip
@click.option(
    "--strict-optiply", is_flag=True,
    help="Optiply refuses totals that are sums of floats, as public targets send them.",
)  # fmt: skip
def main(
    *,
    host: str,
    port: int,
    clock_factor: float,
    seed: int,
    orders: int,
    days: float,
    listings: int,
    sellers: int,
    codes: int,
    now: float,
    epoch: float,
    live: bool,
    report_seconds: tuple[float, float],
    query_rows: int,
    cancel_empty: bool,
    region_wide_orders: bool,
    report_lag_minutes: float,
    ignore_report_locale: bool,
    odd_participations: bool,
    rate_factor: float,
    report_limits: str,
    notifications: bool,
    optiply_token_seconds: float,
    strict_optiply: bool,
) -> None:
    """Run a local stand-in for Amazon's Selling Partner API.

    Prints "sandbox ready URL" once it accepts requests.
    """
    if report_seconds[0] > report_seconds[1]:
        message = f"MIN {report_seconds[0]} is greater than MAX {report_seconds[1]}"
        raise click.BadParameter(message, param_hint="--report-seconds")
    settings = Settings(
        seed=seed,
        orders=orders,
        days=days,
        listings=listings,
        sellers=sellers,
        codes=codes,
        now=now,
        epoch=epoch,
        live=live,
        clock_factor=clock_factor,
        report_seconds=report_seconds,
        query_rows=query_rows,
        cancel_empty=cancel_empty,
        region_wide_orders=region_wide_orders,
        report_lag_minutes=report_lag_minutes,
        ignore_report_locale=ignore_report_locale,
        odd_participations=odd_participations,
        rate_factor=rate_factor,
        report_limits=report_limits,
        notifications=notifications,
        optiply_token_seconds=optiply_token_seconds,
        strict_optiply=strict_optiply,
    )
    try:
        listener = bind(host, port)
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror or error}"
        raise click.ClickException(message) from error
    try:
        serve(World(settings), listener, lambda url: click.echo(f"sandbox ready {url}"))
    except NotInstalledError as error:
        raise click.ClickException(str(error)) from None
    sys.exit(0)
