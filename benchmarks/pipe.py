"""A pipe into target-jsonl: is the tap what the target waits for?

The same messages go into the target from a file, which is as fast as it can be fed.
"""

from __future__ import annotations

import json
import shlex
import tempfile
from pathlib import Path

from document_server import serving
from orders_report import plain
from programs import configuration, launch, peer, tap_command
from readers import RECORD_STREAM, recently
from results import Figure, Measurement, Ratio, as_text

ROWS, REPEATS = 50_000, 3
LEAST = 0.8
"""Target: of the target's own records a second."""
QUESTION = (
    "Records a second of tap-amazon-seller into target-jsonl, against the target fed from a file"
)


def measure(*, quick: bool = False) -> Measurement:
    """Run the pipe and the target in turn; the fastest run of each counts."""
    target = peer("target-jsonl", "target-jsonl")
    if target is None:
        note = "target-jsonl is left out: its environment has not been made."
        return Measurement("pipe", QUESTION, (), notes=(note,))
    rows = 1_000 if quick else ROWS
    piped, alone = [], []
    with serving(plain(rows)) as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = configuration(
            server.url, "bench", 10, marketplaces="DE", start_date=recently().isoformat()
        )
        tap = tap_command(folder, config, RECORD_STREAM)
        settings = folder / "target.json"
        settings.write_text(json.dumps({"destination_path": name}), encoding="utf-8")
        messages = launch(folder, *tap).output.rename(folder / "messages")
        into = shlex.join([str(target), "--config", str(settings)])
        for _ in range(1 if quick else REPEATS):
            server.asked.clear()
            run = launch(folder, "bash", "-c", f"{shlex.join(tap)} | {into}")
            piped.append(rows / (run.ended - server.asked[0]))
            alone.append(
                rows
                / launch(folder, "bash", "-c", f"{into} < {shlex.quote(str(messages))}").seconds
            )
        written = sum(
            path.read_bytes().count(b"\n") for path in folder.glob(f"{RECORD_STREAM}*.jsonl")
        )
    if written != 2 * rows * len(piped):
        raise SystemExit(f"target-jsonl wrote {written:,} records of {2 * rows * len(piped):,}.")
    return Measurement(
        "pipe",
        QUESTION,
        (
            Ratio(
                "records/s into target-jsonl", "target-jsonl fed from a file",
                max(piped), max(alone), "records/s", LEAST,
            ),
        ),
        (
            Figure("tap-amazon-seller into target-jsonl", "throughput", max(piped), "records/s"),
            Figure("target-jsonl fed from a file", "throughput", max(alone), "records/s"),
        ),
        (f"{rows:,} records of 30 columns; the fastest of {len(piped)} runs of each, in turn.",),
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()
