"""Templates of HTML pages: what they write out is escaped, and a name that they are not given is an error."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_templates(package: str, folder: str, **more: Any) -> Environment:
    """What renders a package's templates.

    Args:
        package: in which they lie, such as ``"sadari.serve"``.
        folder: of the package.
        more: arguments of Jinja2's `Environment`.
    """
    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **more,
    )
