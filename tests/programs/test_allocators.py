"""What allocators keep is set before Arrow is loaded; what the environment says of it goes before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from amazon_programs import set_up_allocators


def test_what_the_environment_says_of_arrows_memory_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    monkeypatch.setenv("JE_ARROW_MALLOC_CONF", "narenas:3")

    set_up_allocators({}, "narenas:1")

    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "system"
    assert os.environ["JE_ARROW_MALLOC_CONF"] == "narenas:3"


@pytest.mark.parametrize(
    ("module", "function", "program"),
    [
        ("tap_amazon_seller.machine.allocators", "share_heaps", "tap_amazon_seller"),
        ("amazon_optiply_etl.command.memory", "give_back", "amazon_optiply_etl"),
    ],
)
def test_a_command_sets_the_allocators_up_before_arrow_is_loaded(
    module: str, function: str, program: str
) -> None:
    script = (
        "import sys\n"
        f"import {module} as memory\n"
        f"memory.{function} = lambda: sys.exit(3 if 'pyarrow' in sys.modules else 4)\n"
        f"from {program}.__main__ import main\n"
        "main()\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 4


@pytest.mark.skipif(
    sys.platform != "linux", reason="Arrow has jemalloc, and glibc mallopt, on Linux"
)
def test_arrow_itself_allocates_by_jemalloc() -> None:
    script = (
        "from amazon_optiply_etl.command import memory\n"
        "memory.give_back()\n"
        "import pyarrow\n"
        "print(pyarrow.default_memory_pool().backend_name)\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ARROW_", "JE_"))
    }
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "jemalloc\n"
