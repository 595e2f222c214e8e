"""Columns whose values depend on the plan under construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobplan.placement.bulk import Bulk


class Following:
    """A column that follows the plan: values are made when asked for, and again after the plan touched the node."""

    __slots__ = ("_bulk", "_known", "_make", "_seen", "_values")

    def __init__(
        self, bulk: Bulk, make: Callable[[int], float], values: NDArray[Any], rows: Iterable[int] | None = None
    ) -> None:
        """`values`: the array to fill; `rows`: where its values do not hold yet (None: nowhere do they)."""
        self._bulk, self._make, self._values = bulk, make, values
        self._known = numpy.full(len(values), rows is not None, numpy.bool_)
        self._known[list(rows or ())] = False
        self._seen = len(bulk.run.draft.touched)

    def at(self, rows: NDArray[numpy.intp]) -> NDArray[Any]:
        """The values of some rows."""
        self._refresh()
        for row in rows[~self._known[rows]].tolist():
            self._make_one(row)
        values: NDArray[Any] = self._values[rows]
        return values

    def one(self, row: int) -> Any:
        """The value of one row."""
        self._refresh()
        if not self._known[row]:
            self._make_one(row)
        return self._values[row]

    def _refresh(self) -> None:
        touched = self._bulk.run.draft.touched
        if self._seen != len(touched):
            self._known[self._bulk.rows_of(touched[self._seen :])] = False
            self._seen = len(touched)

    def _make_one(self, row: int) -> None:
        self._values[row] = self._make(row)
        self._known[row] = True
