"""A hint names the command that adds an extra to the installation at hand, wherever it came from."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from amazon_programs import Installation, missing_extra

ENVIRONMENT = Path("/opt/env")
PLAIN = Installation(
    origin={},
    prefix=ENVIRONMENT,
    python=ENVIRONMENT / "bin" / "python",
    has_pip=True,
    pip_on_path=ENVIRONMENT / "bin" / "pip",
)


def test_of_an_index_the_name_is_enough() -> None:
    assert PLAIN.hint("etl") == "install it with: pip install 'tap-amazon-seller[etl]'"


def test_of_a_checkout_it_is_the_folder_as_it_was_installed(tmp_path: Path) -> None:
    folder = replace(PLAIN, origin={"url": tmp_path.as_uri(), "dir_info": {}})
    editable = replace(PLAIN, origin={"url": tmp_path.as_uri(), "dir_info": {"editable": True}})

    assert folder.hint("etl") == f"install it with: pip install '{tmp_path}[etl]'"
    assert editable.hint("etl") == f"install it with: pip install --editable '{tmp_path}[etl]'"


def test_of_a_folder_with_blanks_it_is_a_path_that_a_shell_takes(tmp_path: Path) -> None:
    folder = tmp_path / "my checkout"
    folder.mkdir()
    found = replace(PLAIN, origin={"url": folder.as_uri(), "dir_info": {}}).requirement("etl")

    assert found == [f"{folder}[etl]"]


def test_of_a_checkout_that_is_gone_it_is_the_name() -> None:
    gone = replace(PLAIN, origin={"url": "file:///nowhere/checkout", "dir_info": {}})

    assert gone.requirement("etl") == ["tap-amazon-seller[etl]"]


def test_of_a_wheel_it_is_the_file(tmp_path: Path) -> None:
    wheel = tmp_path / "tap_amazon_seller-0.1.0-py3-none-any.whl"
    wheel.touch()

    here = replace(PLAIN, origin={"url": wheel.as_uri(), "archive_info": {}})
    away = replace(PLAIN, origin={"url": "https://example.org/tap.whl", "archive_info": {}})
    assert here.requirement("matching") == [f"{wheel}[matching]"]
    assert away.requirement("etl") == ["tap-amazon-seller[etl] @ https://example.org/tap.whl"]


def test_of_a_repository_it_is_the_revision() -> None:
    origin = {
        "url": "https://example.org/tap.git",
        "vcs_info": {"vcs": "git", "requested_revision": "v0.1.0", "commit_id": "1234"},
    }

    assert replace(PLAIN, origin=origin).requirement("etl") == [
        "tap-amazon-seller[etl] @ git+https://example.org/tap.git@v0.1.0"
    ]


@pytest.mark.parametrize(
    ("file", "begin"),
    [
        ("pipx_metadata.json", "pipx install --force"),
        ("uv-receipt.toml", "uv tool install --force"),
    ],
)
def test_a_tools_environment_is_made_anew_by_the_tool(
    file: str, begin: str, tmp_path: Path
) -> None:
    (tmp_path / file).touch()

    hint = replace(PLAIN, prefix=tmp_path, pip_on_path=None).hint("etl")

    assert hint == f"install it with: {begin} 'tap-amazon-seller[etl]'"


def test_without_the_environments_pip_on_the_path_its_python_is_named() -> None:
    elsewhere = replace(PLAIN, pip_on_path=Path("/usr/bin/pip"))
    without = replace(PLAIN, pip_on_path=None, has_pip=False)

    assert elsewhere.hint("etl").startswith("install it with: /opt/env/bin/python -m pip install ")
    assert without.hint("etl").startswith(
        "install it with: uv pip install --python /opt/env/bin/python "
    )


def test_in_an_environment_of_meltanos_its_project_file_says_what_is_installed() -> None:
    plugin = replace(PLAIN, prefix=Path("/srv/.meltano/extractors/tap-amazon-seller/venv"))

    assert plugin.hint("matching") == (
        "have meltano.yml say pip_url: 'tap-amazon-seller[matching]' and run: meltano install"
    )


def test_the_sentence_names_the_library_and_not_the_module_in_it() -> None:
    error = ModuleNotFoundError(name="pandas._libs.lib")

    assert missing_extra("amazon-optiply-etl", error, "etl").startswith(
        "amazon-optiply-etl needs pandas, which is not installed; "
    )


def test_a_module_of_the_project_that_is_missing_is_no_extra() -> None:
    error = ModuleNotFoundError(name="tap_amazon_seller.nowhere")

    with pytest.raises(ModuleNotFoundError):
        missing_extra("tap-amazon-seller", error, "etl")


def test_the_installation_at_hand_is_found_and_costs_no_library() -> None:
    script = (
        "import sys; from amazon_programs import Installation\n"
        "assert not {'click', 'httpx', 'pandas', 'pyarrow', 'singer_sdk'} & sys.modules.keys()\n"
        "print(Installation.here().hint('etl'))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[etl]'" in run.stdout
