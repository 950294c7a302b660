"""What is installed is complete: schemas and templates travel in the wheel; a missing extra is named."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _wheel(source: Path, folder: Path) -> tuple[list[str], str]:
    """Return the names of the files in a distribution's wheel, and its metadata."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, source],
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        return names, archive.read(metadata).decode()


def _packages(names: list[str]) -> set[str]:
    return {name.split("/")[0] for name in names if ".dist-info/" not in name}


def test_the_wheel_holds_the_packages_all_schemas_and_templates(tmp_path: Path) -> None:
    names, metadata = _wheel(ROOT, tmp_path)

    assert _packages(names) == {
        "amazon_selling_partner",
        "tap_amazon_seller",
        "tap_amazon_associates",
        "amazon_asin_match",
        "amazon_optiply_etl",
    }
    assert {"amazon_selling_partner/py.typed", "tap_amazon_associates/py.typed"} <= set(names)
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
    needed = [
        line for line in metadata.splitlines() if "Requires-Dist" in line and "extra ==" not in line
    ]
    unwanted = ("sandbox", "starlette", "uvicorn", "python-amazon-paapi", "pandas", "sqlalchemy")
    assert not [word for word in unwanted if any(f"Dist: {word}" in line for line in needed)]
    assert "Provides-Extra: sandbox" not in metadata


def test_the_sandbox_is_a_distribution_of_its_own(tmp_path: Path) -> None:
    names, metadata = _wheel(ROOT / "sandbox", tmp_path)

    assert _packages(names) == {"amazon_seller_sandbox"}
    assert "Name: amazon-seller-sandbox" in metadata
    assert not [line for line in metadata.splitlines() if "Requires-Dist: tap" in line]
    assert {
        "amazon_seller_sandbox/py.typed",
        "amazon_seller_sandbox/optiply/target/requirements.txt",
        "amazon_seller_sandbox/optiply/host/requirements.txt",
    } <= set(names)


def test_the_etl_without_its_extra_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['pandas'] = None\n"
        "from amazon_optiply_etl.__main__ import main\n"
        "main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stderr == (
        "amazon-optiply-etl needs pandas, which is not installed; "
        "install it with: pip install 'tap-amazon-seller[etl]'\n"
    )
