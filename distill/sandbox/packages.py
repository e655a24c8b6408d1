"""Which installed packages a Python program sees: those that are well known and that it mentions, and nothing else.

The rest of the machine's site-packages stays outside, where a benchmark's own package would show its solutions.
"""

import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

USUAL = ("numpy", "scipy", "pandas", "sympy", "networkx", "sortedcontainers", "gmpy2", "more-itertools", "bitarray")
"""Seen by every program that imports any package."""
_SAME = (
    "aiohttp altair arviz astropy autograd beautifulsoup4 bitarray bokeh boltons cachetools catboost chardet click "
    "cryptography cvxpy cython dash dask datasets deap django docx faker fastapi flask folium gensim geopandas geopy "
    "gmpy2 graphviz gym gymnasium h5py hmmlearn httpx hypothesis igraph imageio jax jinja2 joblib jsonschema keras "
    "librosa lightgbm lxml markdown matplotlib mpmath mypy natsort networkx nltk numba numexpr numpy numpydoc openpyxl "
    "ortools pandas patsy peewee pendulum pint plotly polars psutil pyahocorasick pyarrow pycryptodome pydantic pygame "
    "pygments pymongo pymysql pyparsing pyqtgraph pyserial pytest pytesseract python_ta pytz pywavelets qiskit rdkit "
    "redis regex requests rich scapy scipy scrapy seaborn selenium shapely simplejson simpy six sortedcontainers "
    "soundfile spacy sqlalchemy statsmodels sympy tabulate tensorflow texttable textblob textdistance tkinter toml "
    "toolz torch torchvision tornado tqdm transformers trio typeguard unidecode ujson uvloop wordcloud wordninja "
    "xgboost xlrd xlsxwriter xlwt xmltodict z3"
).split()
_OTHERWISE_NAMED = {
    "attr": "attrs", "blist": "blist", "bs4": "beautifulsoup4", "Crypto": "pycryptodome", "cv2": "opencv-python",
    "Cython": "cython", "dateutil": "python-dateutil", "docx": "python-docx", "jwt": "PyJWT", "ahocorasick":
    "pyahocorasick", "Levenshtein": "python-Levenshtein", "more_itertools": "more-itertools", "OpenSSL": "pyOpenSSL",
    "PIL": "pillow", "pyximport": "cython", "pywt": "PyWavelets", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "typing_extensions": "typing-extensions", "usaddress": "usaddress", "yaml": "PyYAML",
    "z3": "z3-solver", "rtree": "rtree", "atcoder": "ac-library-python", "acl": "ac-library-python",
    "cppyy": "cppyy", "pulp": "PuLP", "pypdf": "pypdf", "PyPDF2": "PyPDF2", "fitz": "PyMuPDF", "prettytable":
    "prettytable", "termcolor": "termcolor", "colorama": "colorama", "humanize": "humanize", "holidays": "holidays",
    "phonenumbers": "phonenumbers", "mpl_toolkits": "matplotlib", "pkg_resources": "setuptools",
    "setuptools": "setuptools", "werkzeug": "werkzeug", "flask_mail": "flask-mail", "flask_login": "flask-login",
    "wtforms": "WTForms", "flask_wtf": "flask-wtf", "psycopg2": "psycopg2", "paramiko": "paramiko",
    "sentencepiece": "sentencepiece", "tokenizers": "tokenizers", "einops": "einops", "tiktoken": "tiktoken",
}  # fmt: skip
WORLD = {name: name for name in _SAME} | _OTHERWISE_NAMED
"""Packages that are known everywhere, and hold no benchmark: what they are imported as, and installed as."""
_OF_PYPY = frozenset({"pypyjit", "__pypy__"})
"""Modules that PyPy has, for which many programs of contests are written."""
_REQUIRED = re.compile(r"[A-Za-z0-9._-]++")
_WORD = re.compile(r"\w++")


def is_ours(module: str) -> bool:
    """Whether a module that was not found exists in the world, so that its lack says nothing about the program.

    What the standard library here has, a program has not failed to find.
    """
    top = module.partition(".")[0]
    is_lacking = top in sys.stdlib_module_names and importlib.util.find_spec(top) is None
    return top in WORLD or top in _OF_PYPY or is_lacking


def wanted(source: str, named: Iterable[str] = ()) -> tuple[str, ...]:
    """The packages that a program is to see: none for most, else the usual ones, others it mentions, and `named`.

    Only looks for words on lines with `import`, so it may find too many: that costs time, and decides nothing.

    >>> wanted("import heapq, numpy")[0], wanted("import heapq")
    ('numpy', ())
    """
    lines = [line for line in source.replace("\\\n", " ").split("\n") if "import" in line]
    words = {word for line in lines for word in _WORD.findall(line)} - sys.stdlib_module_names
    found = {WORLD[word] for word in words & WORLD.keys()}
    found |= {WORLD.get(name, name) for name in set(named) - sys.stdlib_module_names}
    return (*USUAL, *sorted(found - set(USUAL))) if found else ()


def places(names: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Folders and files of the named packages, and of what these need, as far as `folders` hold them."""
    from importlib.metadata import distributions  # brings much that a zygote, which asks `is_ours`, need not copy

    seen: set[str] = set()
    paths: list[str] = []
    waiting = list(names)
    while waiting:
        name = _normal(waiting.pop())
        found = next(iter(distributions(name=name, path=list(folders))), None)
        if name in seen or found is None:
            continue
        seen.add(name)
        needs = (_REQUIRED.match(text) for text in found.requires or () if "extra ==" not in text)
        waiting += [need[0] for need in needs if need]
        paths += _parts(found)
    return sorted(set(paths))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]++", "-", name).lower()


def _parts(found: "Distribution") -> list[str]:
    """What a package has put into the folder that it is installed in."""
    firsts = {file.parts[0] for file in found.files or () if file.parts} - {"..", "__pycache__"}
    paths = (Path(str(found.locate_file(first))) for first in firsts if not first.endswith((".pth", ".egg-link")))
    return [str(path) for path in paths if path.exists()]
