"""A run that is to end by a time: where it turns out too slow, it makes fewer steps, and its rate falls with them.

A run's course says at which place of the plan (its steps in all) each step stands. Where the time suffices, step 7 is
at place 7: the same rates, and so the same bits, as without a limit. Where it does not, the places that are left are
dealt out to the steps that there is time for. The rate falls faster from there on, without a jump, and ends where it
was to end.
"""

from __future__ import annotations

import math
from collections import deque

Course = tuple[float, float, float]  # (steps made, place in the plan where these end, places a step from there on)

AS_PLANNED: Course = (0.0, 0.0, 1.0)
LOOKS = 50  # in the whole time
WINDOW = 0.1  # of the time, over which the pace is measured: batches of long texts take longer than others
DOUBT = 1.25  # by how much what is left must be too long before anything is changed, for paces differ by chance
WIND_DOWN = 0.05  # of the steps made, but no more of the time: in so many the rate is brought down at the least


def place_of(course: Course, step: float) -> float:
    """The place in the plan after so many steps."""
    begun, place, stride = course
    return place + (step - begun) * stride


class TimeLimit:
    """Ends a run by a time.

    Args:
        seconds: of the run, at most; bringing the rate down may take a twentieth more, and a validation at the end
            comes on top.

    Attributes:
        planned: how many steps there would be without it, as of the last look.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.planned = 0
        self._marks: deque[tuple[float, float]] = deque()  # (seconds, steps made): the first is a window ago
        self._end: float | None = None  # in seconds, once the rate is being brought down

    def course(self, course: Course, step: float, steps: float, seconds: float) -> Course:
        """The course from here on: as it was, or one that ends in time.

        Args:
            course: so far.
            step: steps made, or as good as.
            steps: of the plan.
            seconds: since the run began.
        """
        self.planned = math.ceil(steps)
        late = self._end is None and seconds >= self.seconds
        if step >= steps or not (late or self._look_is_due(seconds)):
            return course
        self._mark(step, seconds)
        if self._end is not None:
            left = math.floor((self._end - seconds) / self._pace(-2, step, seconds))
            return _shortened(course, step, steps, max(1, min(left, _steps_left(course, step, steps))))
        least = max(1, math.ceil(WIND_DOWN * step))
        if not late and seconds - self._marks[0][0] < WINDOW * self.seconds:
            return course
        throughput, left_over = self._pace(0, step, seconds), self.seconds - seconds
        if late or throughput * least > left_over:
            self._end = max(seconds, self.seconds) + WIND_DOWN * self.seconds
            return _shortened(course, step, steps, min(least, steps - step))
        # once it follows the clock it does so either way: of a machine that is free again, all that there is time for
        if course == AS_PLANNED and throughput * (steps - step) <= DOUBT * left_over:
            return course
        return _shortened(course, step, steps, min(steps - step, max(least, math.floor(left_over / throughput))))

    def _look_is_due(self, seconds: float) -> bool:
        return not self._marks or seconds - self._marks[-1][0] >= self.seconds / LOOKS

    def _mark(self, step: float, seconds: float) -> None:
        marks = self._marks
        marks.append((seconds, step))
        while len(marks) > 2 and seconds - marks[1][0] >= WINDOW * self.seconds:
            marks.popleft()

    def _pace(self, since: int, step: float, seconds: float) -> float:
        """Seconds a step since that mark."""
        begun, first = self._marks[max(since, -len(self._marks))]
        return (seconds - begun) / max(1.0, step - first)


class RateByTime(TimeLimit):
    """Ends a run by a time that is the plan itself, since nobody can say how many steps there will be.

    A step's place in the plan is the share of the time that is gone, from the first step on, or its own if that is
    further.
    """

    def course(self, course: Course, step: float, steps: float, seconds: float) -> Course:
        place = 1 + (steps - 1) * min(1.0, seconds / self.seconds)
        return (step, place, 1.0) if place > step else AS_PLANNED


def _steps_left(course: Course, step: float, steps: float) -> float:
    return (steps - place_of(course, step)) / course[2]


def _shortened(course: Course, step: float, steps: float, more: float) -> Course:
    """The course that comes to the plan's end in so many more steps."""
    place = place_of(course, step)
    return step, place, (steps - place) / more
