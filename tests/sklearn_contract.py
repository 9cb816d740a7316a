"""scikit-learn's own checks of an estimator, and how a rung goes through those that bring numbers."""

import numpy as np

ABOUT_PARAMETERS = [
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_estimators_partial_fit_n_features",
    "check_estimators_unfitted",
    "check_fit1d",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_supervised_y_no_nan",
    "check_valid_tag_types",
]


# Those that train: on numbers, which a rung does not read. Words made from them let the checks run.
ABOUT_TRAINING = [
    "check_classifiers_classes",
    "check_decision_proba_consistency",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_f_contiguous_array_estimator",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_pipeline_consistency",
    "check_readonly_memmap_input",
    "check_sample_weights_list",
    "check_sample_weights_not_overwritten",
    "check_sample_weights_shape",
]


def words_of(rows):
    """A text for each row of numbers: a word for each cell, by its column and its size."""
    rows = np.asarray(rows)
    if rows.dtype.kind in "OU" or rows.ndim != 2:
        return rows
    return [" ".join(f"c{j}v{round(float(v) * 2)}" for j, v in enumerate(row)) for row in rows]


def reading_numbers(rung):
    """The rung, behind `words_of`."""

    class Reading(rung):
        def fit(self, texts, labels=None, sample_weight=None):
            return super().fit(words_of(texts), labels, sample_weight)

        def _logits_of(self, texts):
            return super()._logits_of(words_of(texts))

        def score(self, texts, labels, sample_weight=None):
            return super().score(words_of(texts), labels, sample_weight)

    Reading.__init__ = rung.__init__
    Reading.__name__ = rung.__name__
    return Reading
