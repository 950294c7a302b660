"""The page about the package says what is there, and its example works as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import amazon_selling_partner

if TYPE_CHECKING:
    from selling_partner.conftest import Amazon

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "amazon_selling_partner.md").read_text(encoding="utf-8")


def test_its_example_works(amazon: Amazon) -> None:
    found = re.search(r"<!-- tested: marketplaces -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    environment = {
        "LWA_CLIENT_ID": "amzn1.application",
        "CLIENT_SECRET": "the-client-secret",
        "REFRESH_TOKEN": "Atzr|the-refresh-token",
        "SP_API_ENDPOINT": amazon.url,
        "LWA_TOKEN_URL": f"{amazon.url}/auth/o2/token",
    }

    run = subprocess.run(
        [sys.executable, "-c", found[1]],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "DE True\n1 transactions\n"


def test_it_names_all_that_is_public() -> None:
    constants = {"BACKOFF_CAP", "BACKOFF_FACTOR", "FIRST_YEAR", "MAX_TRIES"}

    missing = [
        name
        for name in amazon_selling_partner.__all__
        if name not in constants and f"`{name}`" not in PAGE
    ]

    assert missing == []
