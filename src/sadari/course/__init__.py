"""The course: six notebooks that teach what Sadari does, and what they need besides Sadari's own names.

In a notebook ``start()`` settles language, pictures and data, ``heat_map`` shows a matrix, and ``check("1.1", answer)``
says whether an exercise is solved. ``write_course`` writes the notebooks, which stand in the source tree as text, in
Jupytext's percent format.
"""

from sadari.course.exercises import check
from sadari.course.folder import write_course
from sadari.course.lesson import COLOURS, news, start
from sadari.course.pictures import heat_map

__all__ = ["COLOURS", "check", "heat_map", "news", "start", "write_course"]
