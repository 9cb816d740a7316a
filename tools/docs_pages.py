"""Pages of the site that are made of something else: READMEs, changelog, and the help of the commands."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from sadari.cli.app import app

ROOT = Path(__file__).parent.parent
PAGES = {"README.md": "index.md", "README.ko.md": "index.ko.md", "CHANGELOG.md": "changelog.md"}
COMMANDS = {
    "en": ("reference/commands.md", "# Commands\n\nEach command's `--help`.\n"),
    "ko": ("reference/commands.ko.md", "# 명령\n\n명령마다 `--help`가 보여 주는 것입니다.\n"),
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; mkdocs calls it by this name."""
    pages = {page: _as_page(name) for name, page in PAGES.items()}
    pages |= {page: head + _every_help(lang) for lang, (page, head) in COMMANDS.items()}
    for page, text in pages.items():
        files.append(File.generated(config, page, content=text))
    return files


def _as_page(name: str) -> str:
    """A file of the repository's root, with links that fit the site."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
    for linked, target in PAGES.items():
        text = re.sub(rf"\]\({re.escape(linked)}(?=[)#])", f"]({target}", text)
    return text


def _every_help(lang: str) -> str:
    """What every command says of itself, in one language."""
    names = list(_names(app, ()))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        helps = pool.map(lambda name: _help(name, lang), names)
    return "".join(
        f"\n## sadari {' '.join(name)}\n\n```text\n{text}```\n" for name, text in zip(names, helps, strict=True)
    )


def _names(command: click.Command, name: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The command and those below it."""
    if not isinstance(command, click.Group):
        return [name]
    context = click.Context(command)
    below = {each: command.get_command(context, each) for each in command.list_commands(context)}
    return [name, *(found for each, one in below.items() if one for found in _names(one, (*name, each)))]


def _help(name: tuple[str, ...], lang: str) -> str:
    """Asked of the command line itself, so that the page says what a reader will see."""
    environment = {**os.environ, "SADARI_LANG": lang, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    asked = [sys.executable, "-m", "sadari", *name, "--help"]
    return subprocess.run(asked, env=environment, check=True, capture_output=True, encoding="utf-8").stdout


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that fetches anything from elsewhere; links that a reader follows may lead there."""
    fetched = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*[\"'](?:https?:)?//[^>]*>", output)
    if fetched:
        raise PluginError(f"{page.file.src_uri} needs a network: {', '.join(fetched)}")
    return output
