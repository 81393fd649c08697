"""The pages of the site: those in docs/, and those that stand at the root of the repository.

Knows: which page of the site is made of which file, and that links in a file lead from where it stands. `mkdocs`
calls the functions that begin with `on_` (mkdocs.yml names this file as a hook).
"""

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AT_THE_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "sample_data/README.md": "sample-data.md",
}
"""By file, from the root of the repository: the page that the site has of it."""
_STANDS_AT = {page: file for file, page in AT_THE_ROOT.items()}
_LINK = re.compile(r"(?<=\]\()([^)#\s]+)")


def on_files(files: Any, config: Any) -> None:  # noqa: ANN401 (mkdocs has no types for hooks)
    """Adds the pages that stand at the root."""
    from mkdocs.structure.files import File

    for file, page in AT_THE_ROOT.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / file)))


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:  # noqa: ANN401
    """Returns the text of a page with links as they lead within the site."""
    return rewritten(markdown, page.file.src_uri)


def rewritten(markdown: str, page: str) -> str:
    """Turns the links of a file, which lead through the repository, into links through the site.

    Args:
        markdown: the text of the file.
        page: the page of the site that is made of it.

    >>> rewritten("[words](docs/glossary.md#figures), [rules](CONTRIBUTING.md)", "index.md")
    '[words](glossary.md#figures), [rules](contributing.md)'
    >>> rewritten("[rules](../CONTRIBUTING.md), [words](glossary.md), [MADE](https://arxiv.org)", "architecture.md")
    '[rules](contributing.md), [words](glossary.md), [MADE](https://arxiv.org)'
    """
    folder = posixpath.dirname(_STANDS_AT.get(page, f"docs/{page}"))

    def lead(found: re.Match[str]) -> str:
        link = found[0]
        if "://" in link:
            return link
        file = posixpath.normpath(posixpath.join(folder, link))
        return AT_THE_ROOT.get(file, file.removeprefix("docs/"))

    return _LINK.sub(lead, markdown)
