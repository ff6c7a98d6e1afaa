"""What a result depends on, as a hash: for notebooks, for tables of experiments, for runs of the library.

Whoever keeps a result keeps such a hash beside it, and makes the result anew when that of the present code is
another one. The code that counts is found by following names, from a function or a notebook on: to the
functions and classes of this package that it names, to the constants, dictionaries and lists that these name,
and so on. It is read, never run, so asking takes no TensorFlow. Of a piece of code its syntax tree counts:
comments, docstrings, line breaks, quotes and brackets do not; indentation, and blanks inside a text, do.

What a name is computed from while the code runs (``getattr(models, name)``, a chapter's exercises) cannot be
followed: a module that is named without an attribute counts as a whole, and other things are named as roots.
"""

import ast
import functools
import hashlib
import pathlib
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

PACKAGE = __name__.partition(".")[0]
HERE = pathlib.Path(__file__).parent
WHOLE = "*"  # in place of a name: all of the module
EFFECTS = ""  # in place of a name: what a module does when it is imported, beside defining names
MODULE = re.compile(rf"{PACKAGE}(\.\w+)+")
DATA = (".csv", ".toml")
Definition = tuple[str, str]  # a module, and a name at its top level


class Module(NamedTuple):
    """What stands in a module: the text of each definition, and the names imported from this package."""

    texts: dict[str, str]
    imports: dict[str, set[Definition]]


def sha256(*parts: str | bytes) -> str:
    """Return the SHA-256 of several parts, each marked off by its length."""
    digest = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(part)}:".encode() + part)
    return digest.hexdigest()


def fingerprint(*roots: Callable, apart: Iterable[Definition] = ()) -> str:
    """Return a hash of the code of functions and classes of this package, and of all that they reach.

    Parameters
    ----------
    *roots : callable
        Defined at the top level of a module.
    apart : iterable of (module, name)
        What is not followed, as its part that matters is among the roots.
    """
    names = {(root.__module__, root.__qualname__.partition(".")[0]) for root in roots}
    found = reached(names, apart)
    return sha256(*(part for d in sorted(found) for part in (*d, essence(source(d)))))


def reached(
    roots: Iterable[Definition], apart: Iterable[Definition] = ()
) -> set[Definition]:
    """Return the definitions of this package that can be reached from `roots`, with these."""
    found, waiting, apart = set(), set(roots), set(apart)
    while waiting:
        definition = waiting.pop()
        found.add(definition)
        waiting |= _named_by(definition) - found - apart
    return found


def named_in(code: str) -> set[Definition]:
    """Return the definitions of this package that a piece of code, for example a notebook's, names."""
    tree = ast.parse(code)
    return _resolve(tree, _known(_imports(tree)))


def modules_of(package: str) -> set[Definition]:
    """Return the modules of a package, for example ``"recdl.course.chapter_1"``, each as a whole."""
    place = _path(package)
    names = [path.stem for path in place.parent.glob("*.py")] if place else []
    return {(f"{package}.{name}".removesuffix(".__init__"), WHOLE) for name in names}


def files(definitions: Iterable[Definition]) -> set[pathlib.Path]:
    """Return the files that definitions stand in, and the data that lie beside them."""
    modules = {_path(module) for module, _ in definitions}
    folders = {path.parent for path in modules}
    for folder in list(folders):
        inner = (path for path in folder.iterdir() if path.is_dir())
        folders |= {path for path in inner if not (path / "__init__.py").exists()}
    beside = (path for folder in folders for path in folder.iterdir())
    return modules | {path for path in beside if path.suffix in DATA}


def source(definition: Definition) -> str:
    """Return the text of a definition."""
    module, name = definition
    return _module(module).texts.get(name, "")


@functools.cache
def essence(code: str) -> str:
    """Return the syntax tree of Python code without docstrings: the same text in every Python."""
    return _shown(ast.parse(code))


def forget():
    """Read all files anew when asked next: they may have changed."""
    for cached in (_path, _module, _known_in, _named_by, _effects):
        cached.cache_clear()


def _shown(node):
    if isinstance(node, list):
        return f"[{', '.join(map(_shown, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    documented = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    if isinstance(node, documented) and ast.get_docstring(node, False) is not None:
        fields["body"] = node.body[1:]
    if not isinstance(
        node, ast.Constant
    ):  # Pythons differ in which empty fields there are
        fields = {
            name: value for name, value in fields.items() if value not in (None, [])
        }
    parts = ", ".join(f"{name}={_shown(value)}" for name, value in fields.items())
    return f"{type(node).__name__}({parts})"


# What stands in a module


@functools.cache
def _path(module):
    """Return the file of a module of this package, or None if there is no such module."""
    package, *parts = module.split(".")
    place = HERE.joinpath(*parts)
    paths = (place / "__init__.py", place.with_name(f"{place.name}.py"))
    found = (path for path in paths if path.is_file() and package == PACKAGE)
    return next(found, None)


@functools.cache
def _module(name):
    code = _path(name).read_text(encoding="utf-8")
    tree, lines, texts = ast.parse(code), code.splitlines(keepends=True), {WHOLE: code}
    for node in tree.body:
        for target, text in _defined(node, lines):
            texts[target] = texts.get(target, "") + text
    return Module(texts, _imports(tree))


def _defined(node, lines):
    """Yield each name that a statement at the top level of a module defines, with the text that does it."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:  # one that moves leaves the others as they are
            alone = type(node)(**dict(ast.iter_fields(node)) | {"names": [alias]})
            if _root(node, alias) != PACKAGE:
                yield _local(alias), f"{ast.unparse(alone)}\n"
        return
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    text = "".join(lines[first - 1 : node.end_lineno])
    yield from ((name, text) for name in _bound(node))


def _bound(node):
    """Return the names that a statement binds, with `EFFECTS` if it does something else."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {_local(alias) for alias in node.names}
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return set()  # a docstring
    if isinstance(node, ast.If) and "'__name__'" in ast.dump(node.test):
        return set()  # a command, which only the whole module has
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    parts = [part for target in targets if target for part in ast.walk(target)]
    bound = {part.id for part in parts if isinstance(part, ast.Name)}
    inner = ast.stmt | ast.ExceptHandler
    within = [child for child in ast.iter_child_nodes(node) if isinstance(child, inner)]
    if not (within or bound) or isinstance(node, ast.For | ast.While):
        bound.add(EFFECTS)
    return bound.union(*map(_bound, within))


def _local(alias):
    return alias.asname or alias.name.partition(".")[0]


def _root(node, alias):
    name = node.module if isinstance(node, ast.ImportFrom) else alias.name
    return (name or "").partition(".")[0]


def _imports(tree):
    """Return, for each name that is imported from this package somewhere, from which module, and as what."""
    found = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            if _root(node, alias) == PACKAGE:
                whole = isinstance(node, ast.Import)
                meant = (alias.name, WHOLE) if whole else (node.module, alias.name)
                found.setdefault(_local(alias), set()).add(meant)
    return found


# Following names


def _meant(module, name):
    """Return what ``module.name`` means: a module, what is defined there, or what is imported there."""
    if _path(f"{module}.{name}"):
        return {(f"{module}.{name}", WHOLE)}
    if _path(module) is None or name in ("__name__", "__file__"):
        return set()
    texts, imports = _module(module)
    if name not in texts and name in imports:
        return set().union(*(_meant(*definition) for definition in imports[name]))
    return {(module, name if name in texts else WHOLE)}


def _known(imports, module="", texts=()):
    """Return, for each name that a piece of code may use, the definitions that it means."""
    known = {name: {(module, name)} for name in texts}
    for name, meant in imports.items():
        known[name] = known.get(name, set()).union(*(_meant(*d) for d in meant))
    return known


@functools.cache
def _known_in(module):
    texts, imports = _module(module)
    return _known(imports, module, texts)


@functools.cache
def _named_by(definition):
    module, _ = definition
    found = _resolve(ast.parse(source(definition)), _known_in(module))
    return (found | _effects(module)) - {definition}


def _resolve(tree, known):
    """Return the definitions that a piece of code names, as ``name``, ``module.name`` or ``"a.module"``."""
    found, followed = set(), set()
    for node in ast.walk(tree):  # an attribute comes before the name that it is one of
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            for module, name in known.get(node.value.id, ()):
                found |= _meant(module, node.attr if name == WHOLE else name)
            followed.add(node.value)
        elif isinstance(node, ast.Name) and node not in followed:
            found |= known.get(node.id, set())
        elif isinstance(node, ast.Constant) and MODULE.fullmatch(str(node.value)):
            found |= _meant(node.value, WHOLE)  # to be run in another process
    return found


@functools.cache
def _effects(module):
    """Return what happens when a module is imported, in it and in all that it imports."""
    found, waiting = set(), {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        imported = set().union(*_module(name).imports.values())
        modules = {module for d in imported for module, _ in _meant(*d)}
        waiting |= modules | {name.rpartition(".")[0] or name}
        waiting -= found
    return {(name, EFFECTS) for name in found if EFFECTS in _module(name).texts}
