"""The main job against the sandbox, with its result: `make demo`.

Starts the sandbox on a free loopback port and runs Meltano's job `amazon-to-optiply` (tap, target, ETL
with push into the sandbox's Optiply) twice: a first sync, and one 6 hours later, which is incremental.
On a terminal the tap's live view stands below what is printed, through Meltano, which keeps its log.
Everything it leaves is in `.demo/` (or DEMO_PATH); everything it started is stopped, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import FrameType

ROOT = Path(__file__).parents[1]
DEMO = Path(os.environ.get("DEMO_PATH", ROOT / ".demo")).absolute()
BIN = Path(sys.executable).parent
LOG = DEMO / "meltano.log"
PATIENCE = 5  # seconds that a process has to stop
NOW = "2026-11-02T08:00:00Z"
HOURS_BETWEEN = 6
SANDBOX_OPTIONS = [
    "--clock-factor", "60", "--seed", "1", "--days", "60", "--orders", "1000", "--listings", "120",
]  # fmt: skip
ETL_FLAGS = {
    "optiply_key": "eanCode",
    "marketplaces": "DE,FR,GB,IT,ES",
    "uri": "https://www.amazon.de/",
    "load": "api",
}
# Of the sandbox alone; a host puts the credentials of the tenant there.
OPTIPLY = {
    "username": "eu@optiply.example",
    "password": "optiply-sandbox-password",
    "client_id": "optiply-sandbox",
    "client_secret": "optiply-sandbox-secret",
    "account_id": "102",
    "couplingId": "1002",
}


WELCOME = """\
A seller in five countries of Europe, from Amazon into Optiply. A sandbox plays both of them on this
machine: no account is needed, and nothing leaves it."""
FAREWELL = """\
Now your own account: docs/start/seller-central.md leads to its three secrets, in about half an hour,
and docs/start/first-sync.md to the first sync."""
SHOWN_OF = {
    "orders": ("amazon_order_id", "purchase_date", "order_status", "order_total", "currency"),
    "order_items": ("amazon_order_id", "line_number", "sku", "asin", "quantity", "item_price"),
    "products_inventory": ("seller_sku", "asin1", "item_name", "price", "currency", "status"),
}
"""What is shown of a record, by stream."""
SHOWN_OF_PAYLOADS = {
    "sellOrders": ("remoteId", "placed", "completed", "totalValue"),
    "sellOrderLines": ("sellOrderId", "productId", "quantity", "subtotalValue"),
    "products": ("remoteId", "skuCode", "articleCode", "name", "price", "stockLevel", "status"),
}
"""What is shown of an object of Optiply, by entity."""
WIDTH = 100  # columns
MOST_REASONS = 3


def main() -> int:
    """Run the job twice and report on it; answers the exit code."""
    interruption = Interruption()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interruption)
    began = time.monotonic()
    _lay_out()
    print(WELCOME)
    try:
        with _sandbox(interruption) as url:
            print(
                "\n1. A first sync, on 2 November 2026 at 8 o'clock. Amazon makes reports of 60 days;\n"
                "   the tap reads each as it is ready. About half a minute ..."
            )
            if not _run(url, interruption):
                return 1
            _show_examples(_get_json(f"{url}/_sandbox/optiply"))
            _explain_left_out()
            _post(f"{url}/_sandbox/advance", {"minutes": HOURS_BETWEEN * 60})
            _post(f"{url}/_sandbox/calls/reset", {})
            print(
                f"\n2. {HOURS_BETWEEN} hours later, an incremental sync: it continues at the bookmarks\n"
                "   of the first, and sends what is new or has changed ..."
            )
            if not _run(url, interruption):
                return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the sandbox and Meltano are stopped.")
        return 130
    report = DEMO / "etl-output" / "mapping-report.html"
    print(f"\nWhy an article or an order is missing: open {report.as_uri()}")
    print(f"Files: {_short(DEMO)}/sync-output/, snapshots/, etl-output/; log {_short(LOG)}")
    print(f"Done in {time.monotonic() - began:.0f} s; `make clean` removes all of it.\n")
    print(FAREWELL)
    return 0


def _lay_out() -> None:
    """Make the folder of a hosted sync, empty but for its configuration."""
    shutil.rmtree(DEMO, ignore_errors=True)
    for folder in ("sync-output", "snapshots", "meltano"):
        (DEMO / folder).mkdir(parents=True)
    # Meltano keeps a running tap's catalog and state in its system folder; other runs have another.
    for plugins in ("extractors", "loaders", "utilities"):
        (DEMO / "meltano" / plugins).symlink_to(ROOT / ".meltano" / plugins)
    (DEMO / "config.json").write_text(json.dumps(ETL_FLAGS, indent=2), encoding="utf-8")
    credentials = json.dumps({"apiCredentials": OPTIPLY}, indent=2)
    (DEMO / "snapshots" / "tenant-config.json").write_text(credentials, encoding="utf-8")


def _run(url: str, interruption: Interruption) -> bool:
    """Run the job and report on it; answers whether it went well."""
    code = _meltano(url, interruption)
    if code != 0:
        print(_complaints(LOG), file=sys.stderr)
        print(f"The job failed (exit code {code}); the complete log is in {_short(LOG)}.")
        return False
    _tell(_get_json(f"{url}/_sandbox/calls"), _get_json(f"{url}/_sandbox/optiply"))
    return True


class Interruption:
    """Makes a KeyboardInterrupt of SIGINT and SIGTERM, but never while a process is being started."""

    def __init__(self) -> None:
        self._starting = False
        self._pending = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Handle a signal."""
        if not self._starting:
            raise KeyboardInterrupt
        self._pending = True

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Hold signals back until the process that is started here can be stopped."""
        self._starting = True
        yield
        self._starting = False
        if self._pending:
            raise KeyboardInterrupt


@contextmanager
def _sandbox(interruption: Interruption) -> Iterator[str]:
    """A running sandbox's address."""
    process = None
    with (DEMO / "sandbox.log").open("w", encoding="utf-8") as log:
        try:
            with interruption.held_back():
                process = subprocess.Popen(
                    [
                        BIN / "amazon-seller-sandbox", "--port", "0", *SANDBOX_OPTIONS,
                        "--epoch", NOW, "--now", NOW,
                    ],
                    stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                )  # fmt: skip
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("sandbox ready "):
                raise SystemExit(f"The sandbox did not start; see {_short(DEMO / 'sandbox.log')}.")
            yield line.split()[-1]
        finally:
            if process is not None:
                _stop_group(process)


def _meltano(url: str, interruption: Interruption) -> int:
    """Run the job; its log goes to a file. Answers Meltano's exit code."""
    environment = os.environ | {
        "MELTANO_SYS_DIR_ROOT": str(DEMO / "meltano"),
        "TAP_AMAZON_SELLER_ENDPOINT_URL": url,
        "TAP_AMAZON_SELLER_TOKEN_URL": f"{url}/auth/o2/token",
        "TARGET_JSONL_DESTINATION_PATH": str(DEMO / "sync-output"),
        "AMAZON_OPTIPLY_ETL_ROOT": str(DEMO),
        "optiply_base_url": f"{url}/optiply/v1",
        "optiply_dashboard_url": f"{url}/optiply/api",
        "UV_COMPILE_BYTECODE": "1",
        **_terminal(),
    }
    process = None
    with LOG.open("a", encoding="utf-8") as log:
        try:
            with interruption.held_back():
                process = subprocess.Popen(
                    [BIN / "meltano", "--environment=sandbox", "run", "amazon-to-optiply"],
                    cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
                    text=True, start_new_session=True,
                )  # fmt: skip
            return process.wait()
        finally:
            if process is not None:
                _stop_group(process)


def _terminal() -> dict[str, str]:
    """The variable that has the tap show its live view here, where this is a terminal."""
    return {"PROGRESS_TERMINAL": os.ttyname(sys.stdout.fileno())} if sys.stdout.isatty() else {}


def _stop_group(process: subprocess.Popen[str]) -> None:
    """Stop a process and all that it started: politely, then for certain."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(PATIENCE)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _tell(calls: dict[str, Any], optiply: dict[str, list[dict[str, Any]]]) -> None:
    print("\nFrom Amazon (sync-output/)")
    for path in sorted((DEMO / "sync-output").glob("*.jsonl")):
        with path.open("rb") as lines:
            count = sum(1 for _ in lines)
            print(f"  {path.stem:<22}{count:>8,} {'record' if count == 1 else 'records'}")
    statuses: Counter[str] = Counter()
    for operation, by_status in calls["calls"].items():
        if not operation.startswith("optiply."):
            statuses.update(by_status)
    print(f"  with {statuses.total():,} calls, {statuses['429']} of them refused for quota (429)")
    print("\nTo Optiply (etl-output/)")
    report = DEMO / "etl-output" / "mapping-report.json"
    _tell_mapping(json.loads(report.read_text(encoding="utf-8")))
    print("\nIn Optiply now")
    for entity in ("products", "sellOrders", "sellOrderLines"):
        print(f"  {entity:<22}{len(optiply[entity]):>8,}")


def _tell_mapping(report: dict[str, Any]) -> None:
    """What became of the records: in = out + unchanged + left out, and why they were left out."""
    print(f"  {'':<22}{'in':>8} {'out':>8} {'unchanged':>10} {'left out':>9}")
    for name, counts in report["counts"].items():
        print(
            f"  {name:<22}{counts['in']:>8,} {counts['out']:>8,} {counts['unchanged']:>10,} "
            f"{counts['left_out']:>9,}"
        )
        for reason, group in report["left_out"].get(name, {}).items():
            print(f"    {group['count']:>28,} {reason}")


def _show_examples(optiply: dict[str, list[dict[str, Any]]]) -> None:
    """Show an order, its first line and its listing, as the tap reads them and as Optiply has them."""
    sold_by_id = {_remote_id(each): each for each in optiply["sellOrders"]}
    order, line, listing = _of_one_order(sold_by_id)
    sold = sold_by_id[order["amazon_order_id"]]
    # Each marketplace has a product of its own (flag `marketplaces`), whose remoteId names both.
    products = {_remote_id(each): each for each in optiply["products"]}
    product = products[f"{line['asin']}_{line['marketplace_id']}"]
    own = {each["productId"]: each for each in sold["orderLines"]}[int(product["id"])]
    print("\nAn order, a line of it and its listing, as records of the tap (some of their fields)")
    for stream, record in (
        ("orders", order),
        ("order_items", line),
        ("products_inventory", listing),
    ):
        _show(stream, record, SHOWN_OF[stream])
    print("\nWhat they are in Optiply")
    for entity, payload in (("sellOrders", sold), ("sellOrderLines", own), ("products", product)):
        payload["remoteId"] = _remote_id(payload)
        _show(entity, payload, SHOWN_OF_PAYLOADS[entity])


def _remote_id(payload: dict[str, Any]) -> str:
    return next(iter(payload.get("remoteIdMap", {}).values()), "")


def _of_one_order(loaded: Collection[str]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The records of the first order that was loaded and has a listing: the order, a line, a listing."""
    orders = {each["amazon_order_id"]: each for each in _records("orders")}
    listings = {
        (each["marketplace_id"], each["seller_sku"]): each
        for each in _records("products_inventory")
        if each["status"] == "Active"
    }
    return next(
        (orders[line["amazon_order_id"]], line, listings[line["marketplace_id"], line["sku"]])
        for line in _records("order_items")
        if line["amazon_order_id"] in loaded
        and line["item_status"] == "Shipped"
        and (line["marketplace_id"], line["sku"]) in listings
    )


def _records(stream: str) -> Iterator[dict[str, Any]]:
    with (DEMO / "sync-output" / f"{stream}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _show(name: str, found: dict[str, Any], keys: tuple[str, ...]) -> None:
    """Print some fields of a record or payload."""
    text = json.dumps({key: found[key] for key in keys if key in found}, ensure_ascii=False)
    indent = " " * 24
    for number, line in enumerate(textwrap.wrap(text, WIDTH - len(indent), break_on_hyphens=False)):
        print(f"{indent if number else f'  {name:<22}'}{line}")


def _explain_left_out() -> None:
    """Say of the largest groups that were left out why they were, and what to do about it."""
    report = json.loads((DEMO / "etl-output" / "mapping-report.json").read_text(encoding="utf-8"))
    print("\nWhat was left out is not lost: each record has its reason, and what to do about it")
    for name in ("products_inventory", "orders"):
        groups = sorted(
            report["left_out"].get(name, {}).items(), key=lambda each: -each[1]["count"]
        )
        for reason, group in groups[:MOST_REASONS]:
            print(f"  {name:<22}{group['count']:>4,}: {reason}.")
            for line in textwrap.wrap(group["advice"], WIDTH - 30):
                print(f"{'':<30}{line}")


def _post(url: str, body: dict[str, Any]) -> None:
    from urllib.request import Request, urlopen  # noqa: PLC0415

    content = json.dumps(body).encode()
    with urlopen(Request(url, content, {"Content-Type": "application/json"})):
        pass


def _get_json(url: str) -> dict[str, Any]:
    from urllib.request import urlopen  # noqa: PLC0415

    with urlopen(url) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


def _complaints(path: Path, most: int = 8) -> str:
    """The log's last errors, or its last lines when it names none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    errors = [line for line in lines if "error" in line.lower()]
    return "\n".join((errors or lines)[-most:])


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
