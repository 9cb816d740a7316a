"""What a short command waits for: the modules that are loaded, not the time, which depends on the machine."""

import subprocess
import sys

import pytest

from cli_runs import model_folder

LOADED = (
    "import sys; from sadari.cli import main; code = main(sys.argv[1:]); print(*sorted(sys.modules)); sys.exit(code)"
)
HEAVY = {
    "torch",
    "numba",
    "sklearn",
    "scipy.stats",
    "scipy.sparse",
    "scipy.optimize",
    "pandas",
    "matplotlib",
    "transformers",
}


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_one_text_by_a_linear_model_loads_nothing_that_it_does_not_need(command):
    run = subprocess.run(
        [sys.executable, "-c", LOADED, command, str(model_folder()), "Stocks fell on Friday"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(run.stdout.splitlines()[-1].split())


ONE_BY_ONE = """
import sys, numpy as np, sadari
model, texts = sadari.load(sys.argv[1]), sys.argv[2:]
alone = [model.predict_proba([text]) for text in texts]
names = [model.explain(text).features for text in texts]
assert "numba" not in sys.modules
together = model.predict_proba([*texts, *texts])  # by the compiled loops
assert "numba" in sys.modules
assert np.array_equal(np.concatenate(alone + alone), together)
assert np.array_equal(np.concatenate([model.predict_proba([text]) for text in texts]), together[: len(texts)])
assert names == [model.explain(text).features for text in texts]
again = sadari.load(sys.argv[1])
assert np.array_equal(again.predict_proba([texts[0]]), alone[0])
"""


def test_the_first_texts_get_the_answers_that_all_get():
    texts = [
        "Stocks fell on Friday",
        "",
        "nothing-known-here zzzz",
        "Oil & gas: prices <br /> rise!",
        "Élections à Paris",
    ]
    subprocess.run([sys.executable, "-c", ONE_BY_ONE, str(model_folder()), *texts], check=True)


def test_many_texts_one_by_one_are_left_to_the_compiled_loops():
    script = """
import sys, numpy as np, sadari
from sadari.text.vectorize import FEW_ANSWERS
model = sadari.load(sys.argv[1])
answers = [model.predict_proba(["Stocks fell on Friday"]) for _ in range(FEW_ANSWERS)]
assert "numba" not in sys.modules
answers += [model.predict_proba(["Stocks fell on Friday"]) for _ in range(2)]
assert "numba" in sys.modules
assert all(np.array_equal(answer, answers[0]) for answer in answers)
"""
    subprocess.run([sys.executable, "-c", script, str(model_folder())], check=True)
