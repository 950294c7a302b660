"""What is installed is whole: schemas and templates travel in the wheel; a missing extra is named."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_four_packages_all_schemas_and_templates(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    packages = {
        "amazon_selling_partner",
        "tap_amazon_seller",
        "amazon_optiply_etl",
        "amazon_seller_sandbox",
    }
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == packages
    assert "amazon_selling_partner/py.typed" in names
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


@pytest.mark.parametrize(
    ("package", "command", "module", "extra"),
    [
        ("amazon_optiply_etl", "amazon-optiply-etl", "pandas", "etl"),
        ("amazon_seller_sandbox", "amazon-seller-sandbox", "uvicorn", "sandbox"),
    ],
)
def test_a_command_without_its_extra_says_what_to_install(
    package: str, command: str, module: str, extra: str
) -> None:
    script = (
        f"import sys; sys.modules[{module!r}] = None\nfrom {package}.__main__ import main\nmain()"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stderr == (
        f"{command} needs {module}, which is not installed; "
        f"install it with: pip install 'tap-amazon-seller[{extra}]'\n"
    )
