"""``sadari course``: the notebooks that teach it."""

from __future__ import annotations

import shlex

import click

from sadari.cli.arguments.language import language
from sadari.messages import counted, message

EXAMPLES = """\b
Examples:
  sadari course -o course
  sadari course -o 강의 --lang ko
  sadari course -o course-solved --solutions

\b
Six notebooks: representation, classification, embeddings, recurrent nets,
generation, attention. They need no network, and a few minutes each. With AG
News in SADARI_DATA or the cache they use it, else the bundled headlines.
"""
INSTALL = "pip install 'sadari[course]'"


@click.command(epilog=EXAMPLES)
@click.option("-o", "--output", metavar="FOLDER", required=True, help="Where to; absent, or an empty folder.")
@click.option("--solutions", is_flag=True, help="Write the solutions of the exercises, too.")
@language
def course(output: str, solutions: bool, lang: str) -> None:
    """Write the course: six notebooks, to learn how all this works."""
    from importlib.util import find_spec

    from sadari.cli.terminal.printing import headed
    from sadari.course.folder import write_course

    written = write_course(output, lang=lang, solutions=solutions)
    headed("Written", message("{notebooks} in {folder}", notebooks=counted(len(written), "notebook"), folder=output))
    opened = f"jupyter lab {shlex.quote(output)}"
    headed("Next", opened if find_spec("jupyterlab") else f"{INSTALL} && {opened}")
