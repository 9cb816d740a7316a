"""What docs/scale.md says of Spark: a saved model in ``mapInPandas``, as it stands there."""

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli_runs import model_folder
from sadari.rungs import load

GUIDE = Path(__file__).parents[2] / "docs" / "scale.md"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("pyspark") and shutil.which("java")), reason="PySpark and Java are not both here"
    ),
]


def test_the_guide_labels_a_data_frame(monkeypatch):
    from pyspark.sql import SparkSession

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        texts = ["stocks fell on friday", None, "a late goal won the match"] * 50
        df = spark.createDataFrame(list(enumerate(texts)), "id long, text string").repartition(4)
        (code,) = re.findall(r"```python\n(from pyspark.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
        folder = model_folder("tfidf")
        moved = folder.with_name("model")
        shutil.copytree(folder, moved, dirs_exist_ok=True)
        names = {"spark": spark, "df": df}
        exec(code.replace("runs/news/model", str(moved)), names)
        rows = {row["id"]: row for row in names["labelled"].collect()}
    finally:
        spark.stop()
    model = load(folder)
    wanted = model.predict([text or "" for text in texts]).tolist()
    assert [rows[number]["label"] for number in range(len(texts))] == wanted
    sure = model.predict_proba([text or "" for text in texts]).max(axis=1)
    assert [rows[number]["probability"] for number in range(len(texts))] == pytest.approx(sure.tolist(), abs=1e-12)
