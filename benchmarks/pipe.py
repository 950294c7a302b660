"""A pipe into target-jsonl: is the tap what the target waits for?

The same messages go into the same target from a file, which is as fast as it can be fed. Both runs count
as complete processes, from the start of the first to the end of the target: the tap's start-up, its
calls, download and checks are part of its run.
"""

from __future__ import annotations

import json
import shlex
import tempfile
from pathlib import Path

from document_server import serving
from orders_report import GZIPPED_CHARSET, gzipped
from programs import configuration, launch, peer, tap_command
from readers import RECORD_STREAM, recently
from results import Figure, Measurement, Ratio, as_text

ROWS, ROUNDS = 100_000, 3
CLOCK_FACTOR = 1_000
"""The report is ready at once, so the time before the tap looks after it is as good as none."""
LEAST = 0.8
"""Target: of the target's own records a second."""
QUESTION = (
    "Records a second of tap-amazon-seller into target-jsonl, against the target fed from a file"
)
PIPED, ALONE = "tap-amazon-seller into target-jsonl", "target-jsonl fed from a file"


def measure(*, quick: bool = False) -> Measurement:
    """Run the pipe and the target in turn; the fastest run of each counts."""
    target = peer("target-jsonl", "target-jsonl")
    if target is None:
        note = "target-jsonl is left out: its environment has not been made."
        return Measurement("pipe", QUESTION, (), notes=(note,))
    rows, rounds = (1_000, 1) if quick else (ROWS, ROUNDS)
    seconds: dict[str, list[float]] = {PIPED: [], ALONE: []}
    with (
        serving(gzipped(rows), GZIPPED_CHARSET) as server,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        config = configuration(
            server.url, "bench", CLOCK_FACTOR,
            marketplaces="DE", start_date=recently().isoformat(),
        )  # fmt: skip
        tap = tap_command(folder, config, RECORD_STREAM)
        messages = launch(folder, *tap).output.rename(folder / "messages")
        for _ in range(rounds):
            for subject, source in (
                (PIPED, f"{shlex.join(tap)} |"),
                (ALONE, f"< {shlex.quote(str(messages))}"),
            ):
                with tempfile.TemporaryDirectory(dir=folder) as written:
                    settings = Path(written) / "target.json"
                    settings.write_text(json.dumps({"destination_path": written}), "utf-8")
                    into = shlex.join([str(target), "--config", str(settings)])
                    command = f"set -o pipefail; {source} {into}"
                    seconds[subject].append(launch(folder, "bash", "-c", command).seconds)
                    _check(Path(written), rows)
    rates = {subject: rows / min(each) for subject, each in seconds.items()}
    return Measurement(
        "pipe",
        QUESTION,
        (
            Ratio(
                "records/s into target-jsonl", ALONE, rates[PIPED], rates[ALONE], "records/s", LEAST
            ),
        ),
        tuple(Figure(subject, "throughput", rate, "records/s") for subject, rate in rates.items()),
        (
            f"{rows:,} records of 30 columns; the fastest of {rounds} runs of each, in turn.",
            "From the start of the first process to the end of the last one.",
        ),
    )


def _check(folder: Path, rows: int) -> None:
    """Raise SystemExit when the target has not written every record."""
    written = sum(path.read_bytes().count(b"\n") for path in folder.glob(f"{RECORD_STREAM}*.jsonl"))
    if written != rows:
        raise SystemExit(f"target-jsonl wrote {written:,} records of {rows:,}.")


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()
