"""Pages of the site that are files of the repository: READMEs and changelog, with links that fit the site."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
PAGES = {"README.md": "index.md", "README.ko.md": "index.ko.md", "CHANGELOG.md": "changelog.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; mkdocs calls it by this name."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        for linked, target in PAGES.items():
            text = re.sub(rf"\]\({re.escape(linked)}(?=[)#])", f"]({target}", text)
        files.append(File.generated(config, page, content=text))
    return files


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that fetches anything from elsewhere; links that a reader follows may lead there."""
    fetched = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*[\"'](?:https?:)?//[^>]*>", output)
    if fetched:
        raise PluginError(f"{page.file.src_uri} needs a network: {', '.join(fetched)}")
    return output
