"""The figure of a picture that is given back: a notebook shows it, whatever matplotlib's backend is."""

from __future__ import annotations

import io
import warnings

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure that knows how it looks in a notebook, and needs no pyplot."""

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a letter that no font here has is a box
            self.savefig(written, format="png", dpi=110)
        return written.getvalue()
