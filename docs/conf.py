"""How the site is made of docs/: `make docs` writes it to site/, and a broken link is an error."""

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

project = "CNN lab kit"
html_title = project
language = "en"
exclude_patterns = ["images/*"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4  # `page.md#a-heading` is a link that is looked after,
myst_heading_slug_func = "mdit_py_plugins.anchors.index.slugify"  # and one where code is read
default_role = "literal"  # what docstrings mean by `name`

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the text says types and shapes in words
napoleon_include_init_with_doc = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False  # nor a link to it
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0a5c36", "color-brand-content": "#0a5c36"},
    "dark_css_variables": {"color-brand-primary": "#6fd3a0", "color-brand-content": "#6fd3a0"},
}
# Students read, and hear from what speaks to them, Spanish around their pages, too.
SPANISH = {
    "Home": "Inicio",
    "Next": "Siguiente",
    "On this page": "En esta página",
    "Previous": "Anterior",
    "Search": "Buscar",
}


def _speak(_app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    if page.startswith("estudiantes/"):
        context["language"] = "es"
        context["_"] = lambda words: SPANISH.get(words, words)


def setup(app: Any) -> None:
    """Give each page the words of its language."""
    app.connect("html-page-context", _speak)
