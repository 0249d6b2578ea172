"""Number options of the command line: amounts of money, minutes, shares."""

from typing import Any

import click

MOST = 1e9


class Number(click.FloatRange):
    """`nan` is in no range, although every comparison with the limits lets it pass."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not abs(number) <= MOST:
            self.fail(f"{value} is not a usable number; give one up to {MOST:,.0f}", param, ctx)
        return number

    def _describe_range(self) -> str:
        """Without limits there is no range to show in the help (click shows `x<=None`)."""
        return "" if self.min is None and self.max is None else super()._describe_range()


AMOUNT = Number(min=0)
SHARE = Number(0, 1, min_open=True, max_open=True)
