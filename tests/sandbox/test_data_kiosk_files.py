"""The sandbox and the tap are distributions of their own, and have Data Kiosk's schemas each."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_TAP = ROOT / "schemas" / "data_kiosk"
OF_SANDBOX = ROOT / "sandbox" / "amazon_seller_sandbox" / "files" / "data_kiosk"


def test_the_schemas_of_sandbox_and_tap_are_the_same() -> None:
    tap, sandbox = (
        {path.name: path.read_text("utf-8") for path in folder.glob("*.graphql")}
        for folder in (OF_TAP, OF_SANDBOX)
    )

    assert tap
    assert sandbox == tap
