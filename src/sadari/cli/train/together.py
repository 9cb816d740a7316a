"""``--ray`` and ``--workers`` of commands that train: `fit` in this process, or by several of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from sadari.cli.arguments.options import ray, together
from sadari.errors import SettingError
from sadari.messages import message

options = together(
    ray,
    click.option(
        "--workers",
        type=click.IntRange(1, 2**16),
        metavar="N",
        help="With --ray: processes that train together, each with its share of every batch.",
    ),
)


@contextmanager
def fitting(model: Any, asked: Mapping[str, Any]) -> Iterator[Callable[..., Any]]:
    """The model's `fit`, where it is to be trained, while the block runs.

    Args:
        model: checked, and not trained yet.
        asked: the options of the command.

    Yields:
        `fit`, which takes two things more, that run where the model is: ``describe`` is called with the model before it
        learns and with what it learns, and ``on_start`` with what that gave; ``also`` is called with the model after
        each record, and gives one more.

    Raises:
        SettingError: ``--workers`` without ``--ray``, or the other way round; or more than there is room for.
        ClusterError: the cluster does not answer, or is not fit.
    """
    if asked["ray"] is None and asked["workers"] is None:
        yield _here(model)
        return
    for name, how in (("ray", "--ray [ADDRESS]"), ("workers", "--workers N")):
        if asked[name] is None:
            raise SettingError(
                message("training on a cluster needs {option}", option=f"--{name}"), hint=message("add {how}", how=how)
            )
    from sadari.scale.train import together

    with together(model, workers=asked["workers"], address=asked["ray"]) as fit:
        yield fit


def _here(model: Any) -> Callable[..., Any]:
    def fit(
        *texts: Any,
        describe: Callable[..., Any] | None = None,
        on_start: Callable[[Any], None] | None = None,
        also: Callable[[Any], Mapping[str, Any]] | None = None,
        **options: Any,
    ) -> Any:
        if describe is not None and on_start is not None:
            options["on_start"] = lambda *made: on_start(describe(*made))
        told = options.get("on_record")
        if also is not None and told is not None:

            def tell(record: Mapping[str, Any]) -> None:
                told(record)
                if "sample" not in record:
                    told(also(model))

            options["on_record"] = tell
        return model.fit(*texts, **options)

    return fit
