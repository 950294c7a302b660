"""A run as a trace of OpenTelemetry: a span for the run, and one for each of its phases.

Where OpenTelemetry's own variables say where traces go (`OTEL_EXPORTER_OTLP_ENDPOINT`), a run sends one
when it has ended; the SDK is loaded only then. Spans hold names, counts and the sentence of the history,
which has gone through the filter of secrets; nothing else.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OTLP: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_MISSING: Final = (
    "Traces are wanted (OTEL_EXPORTER_OTLP_ENDPOINT is set), but %s is not installed; "
    "install it with: pip install 'tap-amazon-seller[fleet-monitoring]'"
)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run, from when on; nanoseconds since 1970."""

    name: str
    began: int


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended.

    Attributes:
        account: Whose.
        run: Its number in the history.
        worker: The worker's name.
        outcome: What came of it.
        sentence: What it had to say; null for nothing.
        figures: Counts.
        phases: Its phases, in order.
        ended: Nanoseconds since 1970.
    """

    account: str
    run: int
    worker: str
    outcome: str
    sentence: str | None
    figures: Mapping[str, Any]
    phases: Sequence[Phase]
    ended: int


def send_trace(ended: EndedRun) -> None:
    """Send the trace of a run, where the variables say where to; a failure is a line in the log."""
    if not any(os.environ.get(name) for name in OTLP) or not ended.phases:
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # noqa: PLC0415
            InMemorySpanExporter,
        )
    except ModuleNotFoundError as error:
        _logger.warning(_MISSING, error.name)
        return
    provider = TracerProvider(resource=Resource.create({"service.name": "amazon-fleet"}))
    spans = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = provider.get_tracer("amazon_fleet")
    counts = {
        f"fleet.{name}": value
        for name, value in ended.figures.items()
        if isinstance(value, int | float)
    }
    run = tracer.start_span(
        f"run {ended.account}",
        start_time=ended.phases[0].began,
        attributes={
            "fleet.account": ended.account, "fleet.run": ended.run, "fleet.worker": ended.worker,
            "fleet.outcome": ended.outcome, **counts,
        },
    )  # fmt: skip
    if ended.outcome != "succeeded":
        run.set_status(trace.StatusCode.ERROR, ended.sentence or ended.outcome)
    within = trace.set_span_in_context(run)
    ends = [phase.began for phase in ended.phases[1:]] + [ended.ended]
    for phase, end in zip(ended.phases, ends, strict=True):
        span = tracer.start_span(phase.name, context=within, start_time=phase.began)
        span.end(end)
    run.end(ended.ended)
    # All at once and here: this process ends next, and a thread that sends in the background with it.
    OTLPSpanExporter().export(spans.get_finished_spans())
