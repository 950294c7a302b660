"""What is installed is complete: a wheel in an environment with nothing but what it says it needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bare_environment import BareEnvironment, needed, of_wheel, requirements
from running import BIN, configuration, discover, write_json

if TYPE_CHECKING:
    from conftest import StartSandbox

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# One process builds the wheels and makes the environments for all of these.
pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of the programs and that of the sandbox."""
    folder = tmp_path_factory.mktemp("wheels")
    # uv is faster; pip alone knows an index of one's own.
    uv = [str(BIN / "uv"), "build", "--quiet", "--wheel", "--out-dir", str(folder)]
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    for project in (str(ROOT), str(ROOT / "sandbox")):
        if subprocess.run([*uv, project], capture_output=True, check=False).returncode:
            subprocess.run([*pip, project], capture_output=True, check=True)
    [programs], [sandbox] = folder.glob("tap_*.whl"), folder.glob("amazon_seller_sandbox*.whl")
    return {"programs": programs, "sandbox": sandbox}


@pytest.fixture(scope="module")
def alone(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> BareEnvironment:
    """An environment into which pip has installed the wheel, without any extra."""
    return of_wheel(tmp_path_factory.mktemp("alone") / "env", wheels["programs"], by_pip=True)


def names_and_metadata(wheel: Path) -> tuple[list[str], str]:
    """The files of a wheel, and its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        return names, archive.read(metadata).decode()


def packages(names: list[str]) -> set[str]:
    return {name.split("/")[0] for name in names if ".dist-info/" not in name}


def test_the_wheel_holds_the_packages_all_schemas_and_templates(wheels: dict[str, Path]) -> None:
    names, metadata = names_and_metadata(wheels["programs"])

    assert packages(names) == {
        "amazon_programs",
        "amazon_selling_partner",
        "tap_amazon_seller",
        "tap_amazon_associates",
        "amazon_asin_match",
        "amazon_fleet",
        "amazon_optiply_etl",
    }
    assert {f"{package}/py.typed" for package in packages(names)} <= set(names)
    for folder, package in (
        ("schemas/streams", "tap_amazon_seller"),
        ("schemas/optiply", "amazon_optiply_etl"),
    ):
        schemas = sorted((ROOT / folder).glob("*.json"))
        assert schemas
        assert {f"{package}/schemas/{schema.name}" for schema in schemas} <= set(names)
    templates = sorted((ROOT / "etl/amazon_optiply_etl/mapping_report/templates").iterdir())
    assert templates
    assert {
        f"amazon_optiply_etl/mapping_report/templates/{each.name}" for each in templates
    } <= set(names)
    # Who installs the tap installs no sandbox, not even what it runs on.
    assert not [name for name in names if "sandbox" in name]
    unwanted = {"starlette", "uvicorn", "python-amazon-paapi", "pandas"}
    assert not unwanted & needed(requirements(wheels["programs"]), set())
    assert "Provides-Extra: sandbox" not in metadata


def test_the_sandbox_is_a_distribution_of_its_own(wheels: dict[str, Path]) -> None:
    names, metadata = names_and_metadata(wheels["sandbox"])

    assert packages(names) == {"amazon_seller_sandbox"}
    assert "Name: amazon-seller-sandbox" in metadata
    assert "tap-amazon-seller" not in needed(requirements(wheels["sandbox"]), set())
    assert {
        "amazon_seller_sandbox/py.typed",
        "amazon_seller_sandbox/optiply/target/requirements.txt",
        "amazon_seller_sandbox/optiply/host/requirements.txt",
    } <= set(names)


def test_the_readme_of_the_index_has_absolute_links_alone(wheels: dict[str, Path]) -> None:
    metadata = names_and_metadata(wheels["programs"])[1]
    links = re.findall(r"\]\(([^)]+)\)", metadata)

    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    assert f"]({PROJECT['urls']['Repository']}/blob/main/LICENSE)" in metadata


def test_the_wheel_alone_shows_its_version_settings_and_streams(
    alone: BareEnvironment, tmp_path: Path
) -> None:
    version = alone.run("tap-amazon-seller", "--version", cwd=tmp_path)
    about = alone.run("tap-amazon-seller", "--about", "--format=json", cwd=tmp_path)
    catalog = alone.run("tap-amazon-seller", "--discover", cwd=tmp_path)
    migrate = alone.run("tap-amazon-seller", "migrate", "--help", cwd=tmp_path)

    assert PROJECT["version"] in version.stdout
    assert "refresh_token" in json.loads(about.stdout)["settings"]["properties"]
    assert json.loads(catalog.stdout) == json.loads(discover())
    assert migrate.stdout.startswith("Usage: tap-amazon-seller migrate")


def test_the_wheel_alone_syncs_and_has_its_python_interface(
    alone: BareEnvironment, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=50, report_seconds=(1, 5))
    write_json(tmp_path / "config.json", configuration(sandbox.url, "FE", clock_factor=600))
    script = (
        "import json; from tap_amazon_seller.interface import AmazonSeller\n"
        "seller = AmazonSeller(json.load(open('config.json')))\n"
        "print(len(list(seller.records('orders'))), len(seller.streams))"
    )

    by_command = alone.run("tap-amazon-seller", "--config", "config.json", cwd=tmp_path)
    by_interface = alone.run("python", "-c", script, cwd=tmp_path)

    orders = len(sandbox.truth("FE", "orders"))
    assert by_command.stdout.count('"type":"RECORD","stream":"orders"') == orders > 0
    assert by_interface.stdout.split()[0] == str(orders), by_interface.stderr


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["amazon-optiply-etl", "check"], "etl"),
        (["amazon-asin-match", "jobs"], "matching"),
        (["amazon-fleet", "status"], "fleet"),
        (["tap-amazon-associates", "--discover"], "associates"),
        (["amazon-associates", "--config", "config.json", "item", "B08XYZ1234"], "associates"),
    ],
)
def test_a_command_without_its_extra_says_what_to_install_from_where_it_came(
    words: list[str], extra: str, alone: BareEnvironment, wheels: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(
        '{"credential_id": "a", "credential_secret": "b", "country": "DE", "partner_tag": "c-21"}'
    )

    run = alone.run(*words, cwd=tmp_path)

    assert run.returncode == 1
    assert run.stderr.startswith(f"{words[0]} needs "), run.stderr
    assert run.stderr.count("\n") == 1
    assert f"'{wheels['programs']}[{extra}]'" in run.stderr


def test_a_sync_that_needs_an_extra_says_so_before_it_asks_amazon_anything(
    alone: BareEnvironment, tmp_path: Path
) -> None:
    config = configuration("http://127.0.0.1:1", match_input="codes.csv")
    write_json(tmp_path / "config.json", config)

    run = alone.run("tap-amazon-seller", "--config", "config.json", cwd=tmp_path)

    assert run.returncode == 1
    assert "Setting 'match_input' needs " in run.stderr
    assert "[matching]" in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("extra", "words", "shown"),
    [
        ("etl", ["amazon_optiply_etl", "check"], "There is no input folder"),
        ("matching", ["amazon_asin_match", "jobs", "--database", "jobs.db"], ""),
        ("associates", ["tap_amazon_associates", "--discover"], "associates_items"),
    ],
)
def test_an_extra_has_all_that_its_command_needs(
    extra: str, words: list[str], shown: str, wheels: dict[str, Path], tmp_path: Path
) -> None:
    environment = of_wheel(tmp_path / "env", wheels["programs"], [extra])

    version = environment.run("python", "-m", words[0], "--version", cwd=tmp_path)
    run = environment.run("python", "-m", *words, cwd=tmp_path)

    assert PROJECT["version"] in version.stdout, version.stderr
    assert shown in run.stdout + run.stderr
    assert "needs" not in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["serve", "--config", "config.json", "--token", "t"], "matching-service"),
        (["jobs", "--database", "postgresql://localhost/x"], "matching-postgres"),
    ],
)
def test_matching_without_a_further_extra_names_it(
    words: list[str], extra: str, wheels: dict[str, Path], tmp_path: Path
) -> None:
    environment = of_wheel(tmp_path / "env", wheels["programs"], ["matching"])

    run = environment.run("python", "-m", "amazon_asin_match", *words, cwd=tmp_path)

    assert run.returncode == 1
    assert f"[{extra}]" in run.stderr, run.stderr


def test_the_sandbox_alone_starts(wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = of_wheel(tmp_path / "env", wheels["sandbox"], by_pip=True)

    version = environment.run("amazon-seller-sandbox", "--version", cwd=tmp_path)
    with subprocess.Popen(
        [environment.folder / "bin" / "amazon-seller-sandbox", "--orders", "10"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        line = running.stdout.readline()
        running.terminate()

    assert PROJECT["version"] in version.stdout
    assert line.startswith("sandbox ready http://127.0.0.1:")


def test_a_library_that_is_not_named_is_not_there(wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = of_wheel(tmp_path / "env", wheels["programs"])

    assert shutil.which("python", path=str(environment.folder / "bin"))
    assert environment.run("python", "-c", "import pandas", cwd=tmp_path).returncode == 1
    assert environment.run("python", "-c", "import pyarrow, rich", cwd=tmp_path).returncode == 0
