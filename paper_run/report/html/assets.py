"""What a page is made with: its template and style, and the policy that lets those act and nothing load."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import paper_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jinja2 import BaseLoader, BytecodeCache, Environment, Template
    from markupsafe import Markup

_WHOLE = ("report.css", "index.css", "report.js")
_IMPLIED = ("</td>", "</th>", "</tr>\n", "</tr>")


def markup(escaped: str) -> Markup:
    """Vouch for text that is escaped already, or ours."""
    from markupsafe import Markup

    return Markup(escaped)  # noqa: S704 - every caller hands over markup built from `svg.escaped`, or an asset


@cache
def asset(name: str) -> str:
    """Return a style or a script as pages have it: made with the wheel; in a checkout from its sources.

    A style is what all pages look like, then what this one's has besides.
    """
    try:
        return (_templates() / _compiled() / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return _slim(name)


def _slim(name: str) -> str:
    """Return a style or a script without what is for its authors alone: comments and indentation."""
    sources = ("shared.css", name) if name.endswith(".css") else (name,)
    source = "".join((_templates() / each).read_text(encoding="utf-8") for each in sources)
    first, *others = source.split("/*")
    lines = (
        line.lstrip() for line in (first + "".join(each.partition("*/")[2] for each in others)).split("\n")
    )
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def policy(*, style_of: str, script_of: str | None = None) -> str:
    """Return a content security policy for a page that holds a style and a script whole.

    :param style_of: the name of the style, see `asset`. :param script_of: that of the script, None for a page
        without.
    """
    allowed = f"; script-src '{_hash(asset(script_of))}'" if script_of else ""
    own = _hash(asset(style_of))
    return f"default-src 'none'; style-src '{own}'{allowed}; base-uri 'none'; form-action 'none'"


def rendered(name: str, view: Mapping[str, Any], *, cache_folder: Path | None) -> str:
    """Return a page made of a template, see `template`.

    It leaves out the end tags that HTML implies inside tables: they are a tenth of a page with long ones.
    """
    page = template(name, cache_folder=cache_folder).render(view)
    for implied in _IMPLIED:
        page = page.replace(implied, "")
    return page


def template(name: str, *, cache_folder: Path | None) -> Template:
    """Return a template: compiled with the wheel; in a checkout once for as long as the folder is kept.

    What lies in that folder is run. So it, and each file in it, must be this user's, writable by nobody else
    and no link; and where it can't be used, that costs the saving and nothing else.
    """
    return _environment(cache_folder).get_template(name)


def compile_into(folder: Path) -> None:
    """Compile the pages' templates into a folder of this one, for the version of Jinja's code that it is.

    The styles and scripts that pages have whole are made there too.
    """
    from jinja2 import FileSystemLoader

    compiled = folder / _compiled()
    _environment_of(FileSystemLoader(_templates())).compile_templates(compiled, extensions=["html"], zip=None)
    for name in _WHOLE:
        (compiled / name).write_text(_slim(name), encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()


@cache
def _templates() -> Path:
    """Return the folder of the templates: inside an installed package, beside it in a checkout."""
    package = Path(paper_run.__file__).parent
    folders = (package / "templates", package.parent / "templates")
    for folder in folders:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the page templates are missing: looked in {folders[0]} and {folders[1]}")


@cache
def _environment(cache_folder: Path | None) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, ModuleLoader

    sources = FileSystemLoader(_templates())
    if (compiled := _templates() / _compiled()).is_dir():
        return _environment_of(ChoiceLoader([ModuleLoader(compiled), sources]))
    kept = None
    if cache_folder is not None:
        from paper_run.report.html.template_cache import TemplateCache

        kept = TemplateCache.in_folder(cache_folder)
    return _environment_of(sources, kept)


def _compiled() -> str:
    """Return the name of the folder of compiled templates; what Jinja compiles has a version of its own."""
    from jinja2.bccache import bc_version

    return f"compiled_{bc_version}"


def _environment_of(loader: BaseLoader, kept: BytecodeCache | None = None) -> Environment:
    from jinja2 import Environment, StrictUndefined, select_autoescape

    return Environment(
        loader=loader,
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=kept,
    )
