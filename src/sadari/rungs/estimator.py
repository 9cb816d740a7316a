"""scikit-learn's estimator without waiting for scikit-learn, whose import takes longer than many a model's answer.

`deferred` gives a class scikit-learn's base classes as soon as anybody imports `sklearn.base`: from then on it is a
`BaseEstimator` and a `ClassifierMixin` in every respect (``isinstance``, `clone`, tags, metadata routing, its display
in a notebook). Until then it derives from `Estimator`, which knows its settings; what else scikit-learn's classes can
do it does by importing them.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeVar

SKLEARN = "sklearn.base"
_Class = TypeVar("_Class")
# What a user may call of scikit-learn's classes that is not their settings.
_OF_SKLEARN = ("get_metadata_routing", "set_fit_request", "set_score_request")


class Estimator:
    """What stands in place of scikit-learn's base classes until they are imported."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return sorted(inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings, by name.

        Args:
            deep: taken for scikit-learn's sake; it changes nothing.
        """
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **settings: Any) -> Any:
        """Change settings by name.

        Args:
            settings: new values, by name.
        """
        return _of_sklearn(self, "set_params")(**settings)

    def __repr__(self) -> str:
        return str(_of_sklearn(self, "__repr__")())

    def __getattr__(self, name: str) -> Any:
        if name in _OF_SKLEARN:
            return _of_sklearn(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)


def _of_sklearn(estimator: Estimator, name: str) -> Any:
    importlib.import_module(SKLEARN)  # which changes the estimator's class
    return getattr(estimator, name)


def deferred(cls: type[_Class]) -> type[_Class]:
    """The class itself, which derives from scikit-learn's once `sklearn.base` is imported."""
    if SKLEARN in sys.modules:
        _derive(cls)
    else:
        sys.meta_path.insert(0, _Watching(cls))
    return cls


def _derive(cls: type) -> None:
    """Give a class, and those that derive from it, scikit-learn's base classes."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    others = [base for base in cls.__bases__ if base is not Estimator]
    cls.__bases__ = (ClassifierMixin, *others, BaseEstimator)
    derived: list[Any] = [cls]
    for each in derived:  # as Python does when a class is made: parents first
        super(each, each).__init_subclass__()
        derived += each.__subclasses__()


class _Watching(MetaPathFinder):
    """Sees `sklearn.base` being imported, by whomever."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where `sklearn.base` is, with a loader that calls `_derive` at its end; of all others nothing."""
        if name != SKLEARN:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def then_derive(module: ModuleType) -> None:
                execute(module)
                _derive(self._cls)

            spec.loader.exec_module = then_derive  # type: ignore[method-assign]
        return spec
