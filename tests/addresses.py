"""Which repositories a text names, in whatever form: a stranger can take the name of one that is not there.

Only those in `CITED` and the course's own may be named. Names in examples are written so that nobody can take
them: `https://github.com/<owner>/<name>` where people read, and with a hyphen before the owner in tests.
"""

import html
import re
import urllib.parse

from tools import repository

CITED = {  # a name is here because somebody looked at it, and it is not the course's
    "github.com/keras-team/keras-io": "a bug in the museum of chapter 1",
    "github.com/d2l-ai/d2l-en": "bugs in the museum of chapters 2, 5 and 6",
    "github.com/RUCAIBox/RecBole": "a bug in the museum of chapter 3",
    "github.com/recommenders-team/recommenders": "bugs of chapters 3, 4 and 6",
    "github.com/yihong-chen/neural-collaborative-filtering": "a bug of chapter 4",
    "github.com/hexiangnan/neural_collaborative_filtering": "of chapters 5 and 8",
    "github.com/mlcommons/training": "two bugs in the museum of chapter 8",
    "github.com/pytorch/pytorch": "a bug in the museum of chapter 10",
    "github.com/googlecolab/backend-info": "the list of what Colab ships",
}
LIBRARIES = """
    Quansight-Labs/accessible-pygments Quansight-Labs/czi-scientific-python-mgmt
    angular/angular executablebooks/sphinx-book-theme
    executablebooks/sphinx-copybutton executablebooks/sphinx-design
    executablebooks/thebe facebook/flow jupyter/notebook markedjs/marked
    mathjax/MathJax mhchem/mhchemParser necolas/normalize.css philipwalton/flexbugs
    popperjs/popper-core pradyunsg/furo pydata/pydata-sphinx-theme
    react-bootstrap/react-bootstrap sass/node-sass sass/sass sphinx-doc/sphinx
    twbs/bootstrap twbs/rfs
"""  # what the theme, the slides and the equations name, each in files of its own
LIBRARIES = {f"github.com/{name}" for name in LIBRARIES.split()}
LIBRARIES |= {"github.io/primer", "github.io/squidfunk"}
SERVICES = {  # what opens or shows repositories of these two
    r"colab\.research\.google\.com/github": "github.com",
    r"mybinder\.org/v2/gh": "github.com",
    r"mybinder\.org/v2/gl": "gitlab.com",
    r"nbviewer\.(?:jupyter\.)?org/github": "github.com",
    r"(?:api|codeload|gist|raw)\.github(?:usercontent)?\.com(?:/repos)?": "github.com",
    r"cdn\.jsdelivr\.net/gh": "github.com",
}
HOSTS = (
    r"(?:github|gitlab)\.com|(?:codeberg|bitbucket)\.org|huggingface\.co|git\.sr\.ht"
)
HINT = (
    r"git(?:hub|lab|\.sr|\+|\s+clone)|codeberg|bitbucket|huggingface|mybinder|colab\."
)
HINT = re.compile(HINT + r"|nbviewer|jsdelivr", flags=re.I)
OWNER, NAME = r"~?[a-z\d][\w.-]*", r"[a-z\d_][\w-]*(?:\.(?!git\b)\w[\w-]*)*"
NAMED = re.compile(rf"\b({HOSTS})(?::\d+)?[:/]+({OWNER})/+({NAME})", flags=re.I)
HOME = re.compile(r"(?<![\w-])(\w[\w-]*)\.(git(?:hub|lab)\.io)\b", flags=re.I)
TOLD = (
    r"(?<![\w-])git(?:\+|\s+clone\s+(?:-\S+\s+(?:\d+\s+)?)*)"  # git is told to take it
)
TAKEN = re.compile(TOLD + r"([a-z]+:/+[^\s\"'`\\<>{}$)@]++)(?![<{$])")


def named(text: str) -> set[str]:
    """Return the repositories that a text names, as ``host/owner/name``."""
    if not HINT.search(text):  # most files of a book; what follows takes its time
        return set()
    for _ in range(2):  # an address within an address is quoted, and that again in HTML
        text = html.unescape(urllib.parse.unquote(text.replace("\\/", "/")))
    for service, host in SERVICES.items():
        text = re.sub(rf"{service}(?=/)", host, text, flags=re.I)
    found = {"/".join(parts) for parts in NAMED.findall(text)}
    found |= {f"{host}/{owner}" for owner, host in HOME.findall(text)}
    taken = (address.partition("://")[2] for address in TAKEN.findall(text))
    return found | {address.removesuffix("/").removesuffix(".git") for address in taken}


def alien(text: str, also=()) -> set[str]:
    """Return the repositories that a text names, and that are not cited, nor the course's own, nor these."""
    own = repository.address().removeprefix("https://")
    of_group = "/".join(own.split("/")[:3])  # GitLab has groups in groups
    known = {name.lower() for name in (own, of_group, *CITED, *also)}
    return {name for name in named(text) if name.lower() not in known}
