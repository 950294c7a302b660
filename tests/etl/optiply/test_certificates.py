"""The ETL reads certificates as the library of Amazon's API does; neither knows the other."""

from __future__ import annotations

import inspect

from amazon_optiply_etl.optiply import certificates
from amazon_selling_partner import _certificates


def test_both_read_certificates_by_one_text() -> None:
    assert inspect.getsource(certificates) == inspect.getsource(_certificates)
