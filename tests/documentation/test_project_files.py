"""What a public host, an index and a Hub need of the project agrees with the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from documents import ROOT

from scripts.reference.hub import kind, setting
from scripts.release_check import problems
from tap_amazon_seller.config.schema import CONFIG_JSONSCHEMA

HADOLINT = Path(sys.executable).with_name("hadolint")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_hub_definition_and_meltano_yml_have_the_same_settings() -> None:
    hub = yaml.safe_load((ROOT / "hub" / "tap-amazon-seller.yml").read_text("utf-8"))
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    extractor = next(
        each for each in project["plugins"]["extractors"] if each["name"] == "tap-amazon-seller"
    )

    assert [each["name"] for each in hub["settings"]] == [
        each["name"] for each in extractor["settings"]
    ]
    for in_hub, here in zip(hub["settings"], extractor["settings"], strict=True):
        for key in ("label", "description", "sensitive"):
            assert in_hub.get(key) == here.get(key), (here["name"], key)
        lists = (
            {"string", "array"}
            if "array" in CONFIG_JSONSCHEMA["properties"][here["name"]]["type"]
            else set()
        )
        assert in_hub["kind"] == here["kind"] or {in_hub["kind"], here["kind"]} <= lists, here[
            "name"
        ]
        assert {each["value"] for each in in_hub.get("options", ())} == {
            each["value"] for each in here.get("options", ())
        }
    for key in (
        "name",
        "namespace",
        "executable",
        "capabilities",
        "select",
        "settings_group_validation",
    ):
        assert hub[key] == extractor[key], key


def test_a_setting_of_the_hub_has_a_kind_that_meltano_knows() -> None:
    known = {
        "string",
        "options",
        "date_iso8601",
        "object",
        "array",
        "boolean",
        "integer",
        "decimal",
    }

    assert {kind(schema) for schema in CONFIG_JSONSCHEMA["properties"].values()} <= known
    assert setting("client_secret", CONFIG_JSONSCHEMA["properties"]["client_secret"])["sensitive"]


def test_the_image_has_no_fault_that_a_linter_finds_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER (?!root|0$)\w+$", text.split("FROM ")[-1], re.MULTILINE)
    if not HADOLINT.exists():
        pytest.skip("hadolint is not installed: make docs installs it")

    run = subprocess.run(
        [HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_the_image_builds_and_runs_where_docker_exists() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        pytest.skip("there is no Docker that runs")
    subprocess.run(["docker", "build", "--tag", "tap-amazon-seller", ROOT], check=True)
    run = subprocess.run(
        ["docker", "run", "--rm", "tap-amazon-seller", "--version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert PROJECT["version"] in run.stdout


def test_the_files_that_the_image_takes_are_those_of_the_wheel() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert {f"!{package.split('/')[0]}" for package in packages} <= set(ignored)


@pytest.mark.parametrize("name", ["ci", "release"])
def test_a_workflow_runs_commands_that_exist(name: str) -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8"))
    commands = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    targets = {word for command in commands for word in re.findall(r"^make (\S+)", command)}
    scripts = {
        word for command in commands for word in re.findall(r"python (scripts/\S+)", command)
    }
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(VENV)", ".venv")

    assert all(f"\n{target}:" in makefile for target in targets)
    assert all((ROOT / script).exists() for script in scripts)


def test_ci_runs_every_python_that_the_package_says() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    prefix = "Programming Language :: Python :: "

    assert [
        f"{prefix}{each}" for each in workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    ] == [each for each in PROJECT["classifiers"] if each.startswith(prefix)]


def test_a_release_needs_one_version_everywhere(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    for name in ("pyproject.toml", "sandbox/pyproject.toml"):
        (tmp_path / name).write_text('[project]\nversion = "1.2.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.0] - 2026-11-02\n", "utf-8")

    assert problems("v1.2.0", tmp_path) == []
    assert len(problems("v1.3.0", tmp_path)) == 3


def test_the_version_at_hand_could_be_released() -> None:
    assert problems(f"v{PROJECT['version']}") == []


def test_every_package_says_that_it_is_typed() -> None:
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]
    packages += [
        path.parent
        for path in ROOT.glob("*/*/__init__.py")
        if not (path.parents[1] / "__init__.py").exists()
    ]
    own = [
        each for each in packages if not {"tests", "scripts"} & set(each.relative_to(ROOT).parts)
    ]

    assert len(own) >= 6
    assert [each.name for each in own if not (each / "py.typed").exists()] == []
