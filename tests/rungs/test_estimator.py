"""A model is scikit-learn's estimator in every respect, whether that was imported before it, after it, or by it.

Each case runs in a process of its own, for a process imports scikit-learn once.
"""

import subprocess
import sys

import pytest

BEFORE = "import sklearn.base\n"
ASKED = """
import sys
import sadari
model = sadari.TfIdf(C=3, class_weight={"a": 2})
first = "sklearn.base" in sys.modules
%s
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
import sklearn
class Own(sadari.TfIdf):
    pass
for each in (model, Own(C=3, class_weight={"a": 2}), sadari.EmbeddingBag()):
    assert isinstance(each, BaseEstimator) and isinstance(each, ClassifierMixin) and is_classifier(each)
    assert each.get_params() == BaseEstimator.get_params(each) and clone(each).get_params() == each.get_params()
    assert each.__sklearn_tags__().input_tags.string
    with sklearn.config_context(enable_metadata_routing=True):
        each.set_fit_request(sample_weight=True)
        assert each.get_metadata_routing().fit.requests["sample_weight"] is True
print(first, repr(model))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "call", "first"),
    [
        (BEFORE, "", True),
        ("", "", False),
        ("", "repr(model)", False),
        ("", "model.set_params(C=3)", False),
        ("", "model._repr_html_()", False),
        ("", "import pickle; model = pickle.loads(pickle.dumps(model))", False),
        ("", "import sklearn.linear_model", False),
    ],
)
def test_it_is_an_estimator_whoever_comes_first(start, call, first):
    done = subprocess.run([sys.executable, "-c", start + ASKED % call], capture_output=True, text=True, check=False)
    assert done.stdout == f"{first} TfIdf(C=3, class_weight={{'a': 2}})\n", done.stderr


def test_without_scikit_learn_it_knows_its_settings_and_has_no_others():
    script = """
import sys, sadari
model = sadari.TfIdf(C=3)
assert model.get_params()["C"] == 3 and model.get_params(deep=False) == model.get_params()
assert getattr(model, "patience_", None) is None and not hasattr(model, "classes_")
try:
    model.predict(["a"])
except Exception as error:
    from sklearn.exceptions import NotFittedError
    assert isinstance(error, NotFittedError)
else:
    raise AssertionError
try:
    model.set_params(D=3)
except ValueError as error:
    assert "Invalid parameter 'D'" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True)
