"""The manifests of deploy/ are sound, and start what the command line has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml
from yamllint.config import YamlLintConfig
from yamllint.linter import run as lint

from amazon_fleet.command.cli import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "deploy").rglob("*.yaml"))
KUBERNETES = "1.31"
STYLE = YamlLintConfig(
    "extends: default\n"
    "rules:\n"
    "  document-start: disable\n"
    "  line-length: {max: 120}\n"
    "  comments: {min-spaces-from-content: 1}\n"
)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "deploy/kubernetes").glob("*.yaml")):
        for each in yaml.safe_load_all(path.read_text("utf-8")):
            yield f"{path.name}:{each['kind']}", each


OBJECTS = dict(documents())


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
    return found


def pods() -> list[dict[str, Any]]:
    found = (each.get("spec", {}).get("template", {}).get("spec") for each in OBJECTS.values())
    return [each for each in found if each]


def containers() -> list[dict[str, Any]]:
    return [one for pod in pods() for one in pod.get("initContainers", []) + pod["containers"]]


def parsed(words: list[str]) -> click.Context:
    """The command of some words; fails where there is no such command, argument or option."""
    command = commands.commands[words[0]]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AMAZON_FLEET_DATABASE", "postgresql://fleet@postgres/fleet")
        return command.make_context(words[0], words[1:])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_manifest_is_written_as_yamllint_wants_it(path: Path) -> None:
    assert [str(each) for each in lint(path.read_text("utf-8"), STYLE)] == []


@pytest.mark.parametrize("name", OBJECTS)
def test_kubernetes_takes_every_object(name: str) -> None:
    kubernetes_validate.validate(OBJECTS[name], KUBERNETES, strict=True)


def test_every_container_starts_a_command_that_there_is() -> None:
    for container in containers():
        program, *words = container["command"]
        assert program == "amazon-fleet"
        parsed(words)
    for service in compose()["services"].values():
        if service.get("entrypoint") == ["amazon-fleet"]:
            parsed(service["command"])


def test_containers_run_with_no_more_rights_than_they_need() -> None:
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["automountServiceAccountToken"] is False
    for container in containers():
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"]
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_selectors_find_the_pods_that_they_are_for() -> None:
    templates = (each.get("spec", {}).get("template") for each in OBJECTS.values())
    labels = [each["metadata"]["labels"] for each in templates if each]
    for each in OBJECTS.values():
        selector = each.get("spec", {}).get("selector")
        if selector:
            assert any(selector.get("matchLabels", selector) == found for found in labels)


def test_no_manifest_holds_a_secret() -> None:
    for name, each in OBJECTS.items():
        assert each["kind"] != "Secret", name
    found = compose()
    assert "PASSWORD" not in str(found["x-fleet"])
    for service in found["services"].values():
        for name, value in service["environment"].items():
            assert "PASSWORD" not in name or value.startswith("/run/secrets/")
    assert {one for service in found["services"].values() for one in service["secrets"]} == set(
        found["secrets"]
    )


def test_compose_names_services_and_volumes_that_there_are() -> None:
    found = compose()
    for service in found["services"].values():
        assert set(service.get("depends_on", ())) <= set(found["services"])
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in found["volumes"]


def test_the_image_has_what_the_manifests_start() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert "'.[etl,fleet,fleet-monitoring]'" in text
    assert "USER 10001" in text
    assert {pod["securityContext"]["runAsUser"] for pod in pods()} == {10001}
