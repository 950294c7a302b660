"""Jobs of meltano.yml, run by the real Meltano; the main one, from Amazon to Optiply, is the demo's."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from creators_sandbox import configuration as creators_configuration
from creators_sandbox import truth
from documents import documented_example
from running import BIN, differences

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox

ROOT = Path(__file__).parents[2]


def system_folder(folder: Path) -> Path:
    """A system folder of Meltano's with the plugins that `make test` has installed.

    Meltano keeps there the catalog and the state that it hands to a tap, one of each for an
    extractor's name: two projects at once need two.
    """
    system = folder / "meltano"
    if not system.exists():
        system.mkdir()
        for plugins in ("extractors", "loaders", "utilities"):
            (system / plugins).symlink_to(ROOT / ".meltano" / plugins)
    return system


def environment(folder: Path, sandbox: RunningSandbox) -> dict[str, str]:
    """What makes Meltano sync the sandbox's American account, with all its state in the folder."""
    (folder / "sync-output").mkdir(exist_ok=True)
    return os.environ | {
        "MELTANO_SYS_DIR_ROOT": str(system_folder(folder)),
        "TAP_AMAZON_SELLER_ENDPOINT_URL": sandbox.url,
        "TAP_AMAZON_SELLER_TOKEN_URL": f"{sandbox.url}/auth/o2/token",
        "TAP_AMAZON_SELLER_CLOCK_FACTOR": "600",
        "TAP_AMAZON_SELLER_REPORT_TIMEOUT_MINUTES": "1200",  # two of the wall clock's
        "TAP_AMAZON_SELLER_REFRESH_TOKEN": "Atzr|sandbox-NA",
        "TARGET_JSONL_DESTINATION_PATH": str(folder / "sync-output"),
        "AMAZON_OPTIPLY_ETL_ROOT": str(folder),
    }


def meltano_run(*blocks: str, project: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start `meltano run` in a project."""
    return subprocess.Popen(
        [BIN / "meltano", "--environment=sandbox", "run", *blocks],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def orders(folder: Path) -> list[dict[str, Any]]:
    """The orders that target-jsonl has written into a folder."""
    lines = (folder / "orders.jsonl").read_text("utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_module_sandbox(clock_factor=600, orders=200, report_seconds=(1, 30))


@dataclass(frozen=True, slots=True)
class Project:
    """A Meltano project in a folder of its own, with a second extractor.

    Attributes:
        american: The environment of the first one.
        failed: How the job ended that ran by itself: in its first command, Meltano makes its database.
    """

    folder: Path
    second: str
    american: dict[str, str]
    failed: tuple[int, str]


@pytest.fixture(scope="module")
def project(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which the job has failed, as the seller does not sell in a marketplace."""
    folder = tmp_path_factory.mktemp("project")
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    [acme] = yaml.safe_load(documented_example("several-sellers"))
    project["plugins"]["extractors"].append(acme)
    for extractor in project["plugins"]["extractors"]:
        extractor["select"] = ["orders.*"]
    (folder / "meltano.yml").write_text(yaml.safe_dump(project), "utf-8")
    american = environment(folder, sandbox)
    settings = american | {"TAP_AMAZON_SELLER_MARKETPLACES": "JP"}
    run = meltano_run("amazon-to-optiply", project=folder, environment=settings)
    wrote, _ = run.communicate()
    return Project(folder, acme["name"], american, (run.returncode, wrote))


def test_a_failing_tap_fails_the_job_and_the_etl_does_not_run(project: Project) -> None:
    """A job that ends well is the demo's."""
    code, wrote = project.failed

    assert code != 0
    assert "does not sell there; it sells in US, CA, MX" in wrote
    assert not (project.folder / "etl-output").exists()


def test_sellers_of_one_project_may_run_at_once_with_a_name_each(
    project: Project, sandbox: RunningSandbox
) -> None:
    folder, american = project.folder, project.american
    japanese = american | {
        "ACME_REFRESH_TOKEN": "Atzr|sandbox-FE",
        "TARGET_JSONL_DESTINATION_PATH": str(folder / "acme"),
    }
    (folder / "acme").mkdir()

    runs = [
        meltano_run(extractor, "target-jsonl", project=folder, environment=settings)
        for extractor, settings in (("tap-amazon-seller", american), (project.second, japanese))
    ]

    for run in runs:
        wrote, _ = run.communicate()
        assert run.returncode == 0, wrote[-3000:]
    assert (
        differences("orders", orders(folder / "sync-output"), sandbox.truth("NA", "orders")) == {}
    )
    assert differences("orders", orders(folder / "acme"), sandbox.truth("FE", "orders")) == {}


def test_the_job_for_links_takes_product_data_into_duckdb(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=60)
    items, errors = truth(sandbox, "DE")
    chosen = list(items)[:25]
    links = tmp_path / "links.txt"
    words = [f"https://www.amazon.de/dp/{asin}" for asin in [*chosen, *list(errors)[:2]]]
    links.write_text("\n".join([*words, "headphones"]), "utf-8")
    config = creators_configuration(
        sandbox, tmp_path, items_file=str(links), searches='["Zand"]', variations=chosen[0]
    )
    settings = {f"TAP_AMAZON_ASSOCIATES_{key.upper()}": str(each) for key, each in config.items()}
    database = tmp_path / "warehouse.duckdb"
    env = os.environ | settings
    env |= {"MELTANO_SYS_DIR_ROOT": str(system_folder(tmp_path))}
    env |= {"TARGET_DUCKDB_PATH": str(database), "TARGET_DUCKDB_FILEPATH": str(database)}

    run = meltano_run("links-to-duckdb", project=ROOT, environment=env)
    wrote, _ = run.communicate()

    assert run.returncode == 0, wrote[-3000:]
    found = duckdb_rows(
        database, "SELECT asin, title, price, currency FROM amazon.associates_items"
    )
    assert {row[0] for row in found} == set(chosen)
    for asin, title, price, currency in found:
        assert title == items[asin]["itemInfo"]["title"]["displayValue"].strip()
        offers = items[asin].get("offersV2", {}).get("listings", [])
        amount = offers[0]["price"]["money"]["amount"] if offers else None
        assert (None if price is None else float(price)) == amount
        assert currency == ("EUR" if offers else None)
    rejected = duckdb_rows(database, "SELECT input, reason FROM amazon.associates_rejected")
    assert len([row for row in rejected if row[1] != "not_found"]) == 3


def duckdb_rows(database: Path, query: str) -> list[list[Any]]:
    """The rows of a query, read by the DuckDB of the target's own environment."""
    python = next((ROOT / ".meltano" / "loaders" / "target-duckdb").glob("venv/bin/python"))
    script = (
        "import duckdb, json, sys; path, query = sys.argv[1:]; "
        "rows = duckdb.connect(path, read_only=True).execute(query).fetchall(); "
        "print(json.dumps(rows, default=str))"
    )
    run = subprocess.run(
        [python, "-c", script, database, query], capture_output=True, text=True, check=True
    )
    rows: list[list[Any]] = json.loads(run.stdout)
    return rows
