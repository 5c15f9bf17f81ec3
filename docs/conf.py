"""Settings of the documentation site, which `make docs` builds.

The site needs no other host: MathJax is copied into it, and the pictures are computed while it is
built. The chapters of the tutorial are notebooks in MyST Markdown. They are executed during the
build, and a copy of each as a Jupyter notebook goes into the folder `notebooks` of the site.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx.util.parallel import make_chunks

import neuralnet
from neuralnet.data.idx import write_idx
from neuralnet.data.sample import load_sample

DOCS = Path(__file__).parent
ROOT = DOCS.parent
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "urls"
]["Repository"]
IS_PUBLISHED = "OWNER" not in REPOSITORY

project = "neuralnet"
author = "The neuralnet maintainers"
copyright = author  # noqa: A001
version = release = neuralnet.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
]
exclude_patterns = ["results/**", "README*"]
templates_path: list[str] = []

# Pages are read by MyST-NB; those without code cells are ordinary Markdown.
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = os.environ.get("NEURALNET_DOCS_EXECUTION", "force")
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_execution_cache_path = str(ROOT / "build" / "docs-cache")

numpydoc_show_class_members = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 90

html_theme = "furo"
pygments_dark_style = "monokai"
html_title = "neuralnet"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_search_summary = False  # a browser does not fetch pages from file://
html_copy_source = False
html_show_sourcelink = False
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
copybutton_exclude = ".linenos, .gp, .go"


def use_sample_without_mnist() -> None:
    """Write the bundled digits where notebooks look, unless the reader's data are named.

    `load_mnist()` would otherwise ask the network.
    """
    if os.environ.get("NEURALNET_DATA"):
        return
    folder = ROOT / "build" / "sample"
    if not (folder / "t10k-labels-idx1-ubyte.gz").exists():
        folder.mkdir(parents=True, exist_ok=True)
        sample = load_sample()
        images = sample.images.reshape(-1, *sample.image_shape)
        parts = {"train": slice(sample.num_train), "t10k": slice(sample.num_train, None)}
        for part, rows in parts.items():
            write_idx(folder / f"{part}-images-idx3-ubyte.gz", images[rows])
            write_idx(folder / f"{part}-labels-idx1-ubyte.gz", sample.labels[rows])
    os.environ["NEURALNET_DATA"] = str(folder)


def spread_notebooks(app: Any, env: Any, docnames: list[str]) -> None:
    """Give each of the parallel readers its share of the notebooks, whose execution takes longest.

    Sphinx cuts the list into chunks. In alphabetical order one chunk holds nearly all notebooks.
    """
    if app.parallel < 2 or not docnames:
        return
    size = len(make_chunks(docnames, app.parallel)[0])
    notebooks = [page for page in docnames if has_cells(page)]
    others = [page for page in docnames if page not in notebooks]
    spread: list[str] = []
    for first in range(app.parallel):
        share = notebooks[first :: app.parallel]
        rest = max(0, size - len(share))
        spread += share + others[:rest]
        others = others[rest:]
    docnames[:] = spread + others


def copy_mathjax(app: Any, error: Exception | None) -> None:
    """Copy MathJax, one file, from the package that carries it."""
    if error is None and app.builder.format == "html":
        package = importlib.util.find_spec("sphinx-mathjax-offline")
        if package is None or package.origin is None:
            raise RuntimeError("sphinx-mathjax-offline is missing; install the group docs.")
        source = Path(package.origin).parent / "static" / "mathjax" / mathjax_path
        shutil.copyfile(source, Path(app.outdir) / "_static" / mathjax_path)


def has_cells(page: str) -> bool:
    """Return whether code of a page is executed."""
    return "{code-cell}" in (DOCS / f"{page}.md").read_text(encoding="utf-8")


def is_notebook(page: str) -> bool:
    """Return whether a page is a notebook that readers may want to run."""
    return page.startswith(("tutorial/", "slides")) and has_cells(page)


def write_notebooks(app: Any, error: Exception | None) -> None:
    """Write each notebook of the site as a .ipynb file, without outputs."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "notebooks"
    target.mkdir(exist_ok=True)
    setup = nbformat.v4.new_code_cell(
        "# Run this cell where neuralnet is not installed, for example in Colab.\n"
        f'# %pip install --quiet "neuralnet-numpy @ git+{REPOSITORY}"'
    )
    for page in filter(is_notebook, sorted(app.env.found_docs)):
        text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
        notebook = read_myst_markdown_notebook(text)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = re.sub(r"\]\(([\w-]+)\.md\)", r"](\1.ipynb)", cell.source)
        setup.metadata["slideshow"] = {"slide_type": "skip"}
        notebook.cells.insert(1, setup)
        nbformat.write(notebook, target / f"{Path(page).name}.ipynb")


def add_notebook_links(
    app: Any, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Link each notebook to its .ipynb file, and rename the buttons that unfold cells."""
    if not context.get("body"):
        return
    body = context["body"]
    for old, new in (
        ("Show code cell content", "Show the solution"),
        ("Hide code cell content", "Hide the solution"),
        ("Show code cell source", "Show the code of the picture"),
        ("Hide code cell source", "Hide the code of the picture"),
    ):
        body = body.replace(old, new)
    if is_notebook(page):
        name = f"{Path(page).name}.ipynb"
        up = context["pathto"](f"notebooks/{name}", resource=True)
        links = [f'<a href="{up}" download>Download this page as a notebook</a>']
        if IS_PUBLISHED:
            place = REPOSITORY.removeprefix("https://github.com/").removesuffix(".git")
            colab = f"https://colab.research.google.com/github/{place}/blob/gh-pages/notebooks/"
            binder = f"https://mybinder.org/v2/gh/{place}/gh-pages?labpath=notebooks%2F"
            links += [f'<a href="{colab}{name}">Colab</a>', f'<a href="{binder}{name}">Binder</a>']
        bar = f'<p class="notebook-links">{" · ".join(links)}</p>'
        body = body.replace("</h1>", f"</h1>\n{bar}", 1)
    context["body"] = body


def escape_bars(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Escape the bars of absolute values, which reStructuredText takes for substitutions."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def skip_metadata_routing(
    app: Any, what: str, name: str, value: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out the methods that scikit-learn generates."""
    return True if re.fullmatch(r"set_\w+_request|get_metadata_routing", name) else None


def link_files_outside(app: Any, page: str, source: list[str]) -> None:
    """Make links to Markdown files outside this folder links to the files, not to pages."""
    source[0] = re.sub(r"\]\((?=(?:\.\./)+[A-Z]+\.md)", "](path:", source[0])


def write_reader_page(app: Any, exception: Exception | None) -> None:
    """Write the bundled reader as one HTML page that needs no server, lab/reader.html."""
    if exception is not None or app.builder.format != "html":
        return
    from importlib.resources import files

    from neuralnet.lab.single_file import single_file

    network = (files("neuralnet.reading") / "reader.safetensors").read_bytes()
    page = Path(app.outdir) / "lab" / "reader.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text(single_file(network), encoding="utf-8")


def setup(app: Any) -> None:
    """Connect the functions above to the build."""
    use_sample_without_mnist()
    app.connect("autodoc-process-docstring", escape_bars, priority=100)
    app.connect("autodoc-skip-member", skip_metadata_routing)
    app.connect("env-before-read-docs", spread_notebooks)
    app.connect("source-read", link_files_outside)
    app.connect("html-page-context", add_notebook_links)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", write_notebooks)
    app.connect("build-finished", write_reader_page)
