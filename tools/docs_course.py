"""The course as pages of the site: its notebooks and, where `make course` ran them, what they showed."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from sadari.course.folder import LANGUAGES, NOTEBOOKS, source_of
from sadari.course.percent import read_percent, to_notebook

RUN = Path(__file__).parent.parent / "build" / "course"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; mkdocs calls it by this name."""
    for lang in LANGUAGES:
        for name in NOTEBOOKS:
            files.append(File.generated(config, f"course/{lang}/{name}.md", content=page(lang, name)))
    return files


def page(lang: str, name: str) -> str:
    """A notebook as Markdown."""
    written = json.loads(to_notebook(read_percent(source_of(name, lang))))["cells"]
    run = RUN / lang / f"{name}.ipynb"
    if run.exists():
        shown = json.loads(run.read_text(encoding="utf-8"))["cells"]
        if [_source(cell) for cell in shown] == [_source(cell) for cell in written]:  # not of an older text
            written = shown
    return "\n\n".join(_cell(cell) for cell in written) + "\n"


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _cell(cell: dict[str, Any]) -> str:
    if cell["cell_type"] == "markdown":
        return _source(cell)
    return "\n\n".join([f"```python\n{_source(cell)}\n```", *filter(None, map(_output, cell["outputs"]))])


def _output(output: dict[str, Any]) -> str:
    """What a cell showed: a picture, a table or text."""
    data = {
        kind: "".join(value) if isinstance(value, list) else value for kind, value in output.get("data", {}).items()
    }
    text = "".join(output.get("text", "")) or data.get("text/plain", "")
    if "image/png" in data:
        return f'<img alt="{escape(text, quote=True)}" src="data:image/png;base64,{data["image/png"].strip()}">'
    if "text/html" in data:
        whole = re.sub(r"\n\s*\n", "\n", data["text/html"])  # a blank line would end what Markdown takes as it is
        return f'<div class="shown">\n{whole}\n</div>'
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""
