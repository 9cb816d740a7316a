"""The notebooks, run as Jupyter runs them: a cell that fails, warns or draws nothing is an error.

``make course`` runs both languages; SADARI_COURSE=en those of one. With what they showed they are left in build/course,
where ``make docs`` finds them.
"""

import base64
import io
import os
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from sadari.course import write_course
from sadari.course.folder import LANGUAGES, NOTEBOOKS

MOST_SECONDS = 300
RUN = Path(__file__).parents[2] / "build" / "course"
ASKED = os.environ.get("SADARI_COURSE") or " ".join(LANGUAGES)


def complaints(cell):
    """What is wrong with what a cell has shown: a warning, or a picture of one colour."""
    for output in cell.get("outputs", ()):
        if output.output_type == "stream" and output.name == "stderr" and output.text.strip():
            yield f"warns: {output.text}"
        data = output.get("data", {})
        if "image/png" in data:
            with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as picture:
                pixels = np.asarray(picture.convert("RGB"))
            if (pixels == pixels[0, 0]).all():
                yield "draws an empty picture"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {lang: tmp_path_factory.mktemp("course") / lang for lang in LANGUAGES}
    for lang, folder in made.items():
        write_course(folder, lang=lang)
    return made


@pytest.mark.course
@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang in ASKED])
def test_a_notebook_runs(lang, name, folders):
    notebook = nbformat.read(folders[lang] / f"{name}.ipynb", as_version=4)
    begun = time.monotonic()
    NotebookClient(notebook, timeout=MOST_SECONDS, resources={"metadata": {"path": str(folders[lang])}}).execute()
    seconds = time.monotonic() - begun
    print(f"{lang}/{name}: {seconds:.0f} s")
    (RUN / lang).mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, RUN / lang / f"{name}.ipynb")
    wrong = [f"cell {number} {said}" for number, cell in enumerate(notebook.cells, 1) for said in complaints(cell)]
    assert not wrong
    assert seconds < MOST_SECONDS


def shown(**data):
    return nbformat.v4.new_output("display_data", data=data)


def png(color):
    written = io.BytesIO()
    picture = Image.new("RGB", (8, 8), "white")
    picture.putpixel((3, 3), color)
    picture.save(written, "PNG")
    return {"image/png": base64.b64encode(written.getvalue()).decode()}


@pytest.mark.parametrize(
    ("output", "wrong"),
    [
        (nbformat.v4.new_output("stream", name="stderr", text="UserWarning: x"), True),
        (nbformat.v4.new_output("stream", name="stdout", text="all is well"), False),
        (shown(**png((255, 255, 255))), True),
        (shown(**png((255, 0, 0))), False),
    ],
)
def test_what_is_wrong_with_an_output_is_seen(output, wrong):
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    assert bool(list(complaints(cell))) == wrong
