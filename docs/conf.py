"""How Sphinx builds the site: see ``python -m docs``."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))
# The pure core, whose functions are written in Python, so that the pages are the same with and without a compiler.
os.environ["VALUEGRAD_CORE"] = "pure"

import autograd

project = "valuegrad"
author = "the valuegrad authors"
copyright = "the valuegrad authors"
version = release = autograd.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "docs.functions",
]
exclude_patterns = ["_static"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks' stored outputs, which tests compare with a run

autodoc_typehints = "none"  # the docstrings say what comes and goes
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
copybutton_prompt_text = ">>> |\\.\\.\\. |\\$ "
copybutton_prompt_is_regexp = True

# Other projects' pages are looked up on the network, where there is one and it is wanted: python -m docs --online.
_OTHERS = {
    "python": "https://docs.python.org/3",
    "numpy": "https://numpy.org/doc/stable",
    "hypothesis": "https://hypothesis.readthedocs.io/en/latest",
}
online = os.environ.get("VALUEGRAD_DOCS") == "online"
intersphinx_mapping = {name: (address, None) for name, address in _OTHERS.items() if online}

html_theme = "furo"
html_title = "valuegrad"
html_static_path = ["_static"]
html_css_files = ["site.css"]

# Sphinx takes what stands beside its sources: the notebooks come there for the build. Git ignores the copies.
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(ROOT / "notebooks", HERE / "notebooks", ignore=shutil.ignore_patterns("*.py", ".*"))
