"""What libraries take is reported for the function of ours that called them."""

from __future__ import annotations

from profile_stages import Profile, by_function

OURS, LIBRARY = (
    "/somewhere/tap_amazon_seller/output/batch_files.py",
    "/somewhere/pyarrow/compute.py",
)


def test_a_library_counts_for_its_callers_as_much_as_it_took_for_each() -> None:
    functions = [
        [1, OURS, "write", 1.0],
        [2, OURS, "read", 2.0],
        [3, LIBRARY, "cast", 6.0],
        [4, LIBRARY, "main", 0.5],
    ]
    calls = [[1, 3, 4.0, 4.0], [2, 3, 2.0, 2.0], [4, 1, 1.0, 5.0]]

    found = by_function({"functions": functions, "calls": calls})

    assert found == {"`output/batch_files.py write`": 5.0, "`output/batch_files.py read`": 4.0}


def test_a_library_behind_another_counts_in_proportion() -> None:
    functions = [
        [1, OURS, "write", 0.0],
        [2, OURS, "read", 0.0],
        [3, LIBRARY, "wrapper", 0.0],
        [4, LIBRARY, "cast", 8.0],
    ]
    calls = [[1, 3, 0.0, 6.0], [2, 3, 0.0, 2.0], [3, 4, 8.0, 8.0]]

    found = by_function({"functions": functions, "calls": calls})

    assert found == {"`output/batch_files.py write`": 6.0, "`output/batch_files.py read`": 2.0}


def test_a_million_rows_take_what_a_large_input_takes_more_than_a_small_one() -> None:
    small = Profile(1.0, 2.0, {"`output/batch_files.py write`": 0.5})
    large = Profile(
        2.0, 4.0, {"`output/batch_files.py write`": 1.0, "`output/batch_files.py read`": 0.25}
    )

    found = large.per_million(small, rows=500_000)

    assert found == Profile(
        2.0,
        4.0,
        {"`output/batch_files.py write`": 1.0, "`output/batch_files.py read`": 0.5},
    )
