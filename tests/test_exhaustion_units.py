"""Amounts and growths of an exhaustion scenario in another unit are said, at the line that gave them."""

import pytest

import limitlaw as ll
from exhaustion_cases import DEFAULT


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text_stock": 15}, "text_stock should be tokens, a count and not billions or trillions: its median is 15"),
        ({"compute": ll.dist.lognormal(2, 8)}, "compute should be FLOP: its median is 4"),
        ({"stock_growth": 0.05}, "stock_growth should be a factor per year, 1.05 for 5 %: its median is 0.05"),
    ],
)
def test_what_looks_like_another_unit_is_said(changes, said):
    with pytest.warns(ll.UnitsWarning, match=f"^{said}$"):
        DEFAULT.replace(**changes, years=[2024, 2030])
    with pytest.warns(ll.UnitsWarning, match=f"^{said}$") as seen:
        ll.ExhaustionScenario(**changes, years=[2024, 2030])
    assert [warning.filename for warning in seen] == [__file__]
