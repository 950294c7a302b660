"""The credentials of tenant-config.json: found, checked, never shown, and the token kept there."""

from __future__ import annotations

import json
import resource
import stat
from typing import TYPE_CHECKING, Any

import pytest

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.credentials import Credentials, keep_token, read_credentials

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = {
    "access_token": "kept-token", "username": "an@example.com", "password": "öpen-sesame",
    "client_id": "a-client", "client_secret": "a-secret", "account_id": 17, "couplingId": "42",
    "webshop_uuid": "f00",
}  # fmt: skip
SECRETS = ("kept-token", "an@example.com", "öpen-sesame", "a-client", "a-secret")


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    return folder


def write(folder: Path, content: object) -> Path:
    path = folder / "tenant-config.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def changed(**keys: object) -> dict[str, Any]:
    """The credentials with other keys; None leaves one out."""
    return {
        "apiCredentials": {k: v for k, v in (GIVEN | keys).items() if v is not None},
        "importCredentials": {},
    }


def read(snapshots: Path, **environment: str) -> Credentials:
    found = read_credentials(snapshots, environment)
    assert found is not None
    return found


def test_credentials_are_read_from_the_snapshots(snapshots: Path) -> None:
    write(snapshots, changed())

    assert read(snapshots) == Credentials(
        username="an@example.com",
        password="öpen-sesame",
        client_id="a-client",
        client_secret="a-secret",
        account_id="17",
        coupling_id="42",
        access_token="kept-token",
        api_url="https://api.optiply.com/v1",
        dashboard_url="https://dashboard.optiply.nl/api",
    )


def test_credentials_are_read_from_the_root_folder_too(snapshots: Path) -> None:
    write(snapshots.parent, changed(couplingId="beside"))
    assert read(snapshots).coupling_id == "beside"

    write(snapshots, changed(couplingId="inside"))
    assert read(snapshots).coupling_id == "inside"


def test_no_file_and_no_credentials_in_it_are_no_credentials(snapshots: Path) -> None:
    assert read_credentials(snapshots, {}) is None
    write(snapshots, {"importCredentials": {}})
    assert read_credentials(snapshots, {}) is None


@pytest.mark.parametrize("token", [None, "", 5, "two words", "line\nbreak", "tökén"])
def test_a_token_that_cannot_be_sent_is_no_token(snapshots: Path, token: object) -> None:
    write(snapshots, changed(access_token=token))
    assert read(snapshots).access_token is None


@pytest.mark.parametrize(
    "key", ["username", "password", "client_id", "client_secret", "account_id", "couplingId"]
)
@pytest.mark.parametrize("value", [None, "", ["text"], True])
def test_a_missing_or_wrong_credential_is_named(snapshots: Path, key: str, value: object) -> None:
    path = write(snapshots, changed(**{key: value}))

    with pytest.raises(EtlError) as error:
        read(snapshots)

    sentence = str(error.value)
    assert str(path) in sentence
    assert key in sentence
    assert "apiCredentials" in sentence
    assert not any(secret in sentence for secret in SECRETS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "this is not JSON"),
        ("[]", "must hold a JSON object"),
        ('{"apiCredentials": "x"}', "apiCredentials must be an object"),
    ],
)
def test_a_broken_file_is_named(snapshots: Path, content: str, said: str) -> None:
    path = snapshots / "tenant-config.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(EtlError, match=said) as error:
        read(snapshots)

    assert str(path) in str(error.value)


def test_the_environment_moves_optiply(snapshots: Path) -> None:
    write(snapshots, changed())

    found = read(
        snapshots,
        optiply_base_url="http://127.0.0.1:80/v1/",
        optiply_dashboard_url="https://dashboard.example.com/api",
    )

    assert found.api_url == "http://127.0.0.1:80/v1"
    assert found.dashboard_url == "https://dashboard.example.com/api"


@pytest.mark.parametrize("name", ["optiply_base_url", "optiply_dashboard_url"])
@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com/v1", "ftp://localhost", "api.example.com", "https://", "https://[",
        "https://localhost:99999", "https://localhost/v1?page=1", "https://me:hidden@localhost/v1",
    ],
)  # fmt: skip
def test_an_address_that_is_unsafe_or_none_is_refused(
    snapshots: Path, name: str, address: str
) -> None:
    write(snapshots, changed())

    with pytest.raises(EtlError, match=name) as error:
        read(snapshots, **{name: address})

    assert "hidden" not in str(error.value)


def test_no_secret_shows_in_the_repr(snapshots: Path) -> None:
    write(snapshots, changed())

    shown = repr(read(snapshots))

    assert "account_id='17'" in shown
    assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize("place", ["snapshots", "root"])
def test_a_new_token_is_kept_and_all_else_stays(snapshots: Path, place: str) -> None:
    before = {"hotglue_metadata": {"metadata": {"z": 1, "ä": None}}, **changed()}
    path = write(snapshots if place == "snapshots" else snapshots.parent, before)
    path.chmod(0o644)

    keep_token(snapshots, "new-token")

    before["apiCredentials"]["access_token"] = "new-token"
    after = json.loads(path.read_text(encoding="utf-8"))
    assert json.dumps(after) == json.dumps(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir() if each.is_file()] == [path.name]
    assert read(snapshots).access_token == "new-token"


def test_a_file_that_is_a_link_stays_one(snapshots: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = write(elsewhere, changed())
    (snapshots / "tenant-config.json").symlink_to(path)

    keep_token(snapshots, "new-token")

    assert (snapshots / "tenant-config.json").is_symlink()
    assert json.loads(path.read_text("utf-8"))["apiCredentials"]["access_token"] == "new-token"


@pytest.mark.parametrize("content", [None, {"importCredentials": {}}])
def test_a_token_with_nowhere_to_be_kept_is_told(snapshots: Path, content: object) -> None:
    if content is not None:
        write(snapshots, content)

    with pytest.raises(EtlError, match=r"tenant-config\.json has lost its apiCredentials") as error:
        keep_token(snapshots, "new-token")

    assert "new-token" not in str(error.value)


def test_a_file_that_cannot_be_written_stays_as_it_was(snapshots: Path) -> None:
    path = write(snapshots, changed())
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        with pytest.raises(OSError, match="tenant-config") as error:
            keep_token(snapshots, "new-token")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert error.value.filename == str(path)
    assert path.read_bytes() == before
    assert list(snapshots.iterdir()) == [path]
