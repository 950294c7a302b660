"""A fleet's status as metrics: for Prometheus to read, and for OpenTelemetry to send.

Both libraries come with the extra `fleet-monitoring` and are loaded only where they are used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amazon_fleet.errors import FleetError
from amazon_fleet.observation.status import FAILING, PAUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amazon_fleet.observation.status import FleetStatus

SERIES: Final = 2_000
"""Accounts that have series of their own; of a larger fleet, the most urgent ones."""
OTLP: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
"""OpenTelemetry's own variables: where one is set, metrics are sent there."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and its values.

    Attributes:
        name: In Prometheus' words.
        text: What it says.
        values: Each with its labels.
    """

    name: str
    text: str
    values: tuple[tuple[dict[str, str], float], ...]


def metrics_of(status: FleetStatus) -> Iterator[Metric]:
    """The metrics of a status."""
    yield Metric(
        "amazon_fleet_accounts",
        "Accounts by state.",
        tuple(({"state": name}, count) for name, count in status.states.items()),
    )
    yield Metric("amazon_fleet_runs_open", "Runs that take place now.", (({}, status.running),))
    yield Metric(
        "amazon_fleet_late_seconds_max",
        "How long the account has been due that has been due longest.",
        (({}, status.late),),
    )
    yield Metric(
        "amazon_fleet_runs_last_day",
        "Runs that ended in the last 24 hours, by outcome.",
        tuple(({"outcome": name}, count) for name, count in status.runs.items()),
    )
    yield Metric(
        "amazon_fleet_calls_refused_last_day",
        "Calls that Amazon refused with 429 in these runs.",
        (({}, status.refused),),
    )
    yield Metric(
        "amazon_fleet_runs_started", "Runs since the fleet began.", (({}, status.started),)
    )
    accounts = [({"account": each.name, "queue": each.queue}, each) for each in status.accounts]
    yield Metric(
        "amazon_fleet_account_last_success_timestamp_seconds",
        "When the last run of an account ended that succeeded.",
        tuple(
            (labels, each.last_success.timestamp())
            for labels, each in accounts
            if each.last_success
        ),
    )
    yield Metric(
        "amazon_fleet_account_late_seconds",
        "How long an account has been due.",
        tuple((labels, each.late) for labels, each in accounts),
    )
    yield Metric(
        "amazon_fleet_account_failing",
        "Whether an account is failing or paused.",
        tuple((labels, float(each.state in {FAILING, PAUSED})) for labels, each in accounts),
    )


def prometheus_text(status: FleetStatus) -> bytes:
    """A status in Prometheus' text format.

    Raises:
        FleetError: prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415
        from prometheus_client.registry import Collector  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing(error) from None

    class Status(Collector):
        """The one status."""

        def collect(self) -> Iterable[GaugeMetricFamily]:
            """Its metrics."""
            for metric in metrics_of(status):
                names = sorted({name for labels, _ in metric.values for name in labels})
                family = GaugeMetricFamily(metric.name, metric.text, labels=names)
                for labels, value in metric.values:
                    family.add_metric([labels[name] for name in names], value)
                yield family

    registry = CollectorRegistry()
    registry.register(Status())
    return bytes(generate_latest(registry))


def send_metrics(read: Callable[[], FleetStatus]) -> Any | None:  # noqa: ANN401 - the SDK's provider
    """Have OpenTelemetry send a fleet's metrics from time to time, where its variables say where to.

    Args:
        read: Reads the status.

    Returns:
        The provider, to be shut down at the end; null where nothing is sent.

    Raises:
        FleetError: The variables say where to, and the SDK is not installed.
    """
    if not any(os.environ.get(name) for name in OTLP):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.metrics import Observation  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
            PeriodicExportingMetricReader,
        )
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    meter = provider.get_meter("amazon_fleet")
    kept: dict[str, Any] = {}

    def values(name: str) -> Iterable[Observation]:
        """The values of a metric; the first of a round reads the status for all of them."""
        if name in kept.setdefault("done", {name}) or "metrics" not in kept:
            kept["metrics"] = {each.name: each for each in metrics_of(read())}
            kept["done"] = set()
        kept["done"].add(name)
        return [Observation(value, labels) for labels, value in kept["metrics"][name].values]

    def callback(name: str) -> Callable[[object], Iterable[Observation]]:
        return lambda _: values(name)

    for metric in metrics_of(read()):
        meter.create_observable_gauge(
            metric.name, callbacks=[callback(metric.name)], description=metric.text
        )
    return provider


def _missing(error: ModuleNotFoundError) -> FleetError:
    return FleetError(
        f"Metrics need {error.name}, which is not installed; "
        "install it with: pip install 'tap-amazon-seller[fleet-monitoring]'"
    )
