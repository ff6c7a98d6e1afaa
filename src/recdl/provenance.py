"""What a result depends on, as a hash: for notebooks, for tables of experiments, for runs of the library.

Whoever keeps a result keeps such a hash beside it, and makes the result anew when the hash of the present code
is another one. The code that counts is found by following names, from a function or a notebook on: to the
functions and classes of this package that it names, to the constants, dictionaries and lists that these name,
and so on. It is read, never run, so asking takes no TensorFlow. Of a piece of code its tokens count:
comments, docstrings and line breaks do not; indentation, and blanks inside a text, do.

What a name is computed from while the code runs (``getattr(models, name)``, a chapter's exercises) cannot be
followed: a module that is named without an attribute counts as a whole, and other things are named as roots.
"""

import ast
import functools
import hashlib
import importlib.util
import io
import pathlib
import tokenize
from collections.abc import Callable, Iterable

PACKAGE = __name__.partition(".")[0]
WHOLE = "*"  # in place of a name: all of the module
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
MARKS = {tokenize.NEWLINE: "\n", tokenize.INDENT: "\t", tokenize.DEDENT: "\b"}
Definition = tuple[str, str]  # a module, and a name at its top level


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


def reached(roots: Iterable[Definition], apart: Iterable[Definition] = ()) -> set[Definition]:
    """Return the definitions of this package that can be reached from `roots`, with these."""
    found, waiting, apart = set(), set(roots), set(apart)
    while waiting:
        definition = waiting.pop()
        found.add(definition)
        waiting |= _named_by(definition) - found - apart
    return found


def named_in(code: str) -> set[Definition]:
    """Return the definitions of this package that a piece of code, for example a notebook's, names."""
    return _resolve(ast.parse(code), {}, _imports(ast.parse(code), ""))


def files(definitions: Iterable[Definition]) -> set[pathlib.Path]:
    """Return the files that definitions stand in, and the data that lie beside them."""
    modules = {_path(module) for module, _ in definitions}
    folders = {path.parent for path in modules}
    folders |= {f for place in folders for f in place.iterdir() if f.is_dir() and not (f / "__init__.py").exists()}
    return modules | {p for place in folders for p in place.iterdir() if p.suffix in (".csv", ".toml")}


def source(definition: Definition) -> str:
    """Return the text of a definition; what a module does beside defining and importing has the name ''."""
    module, name = definition
    lines, statements = _module(module)[:2]
    if name == WHOLE:
        return "".join(lines)
    return "".join("".join(lines[first:last]) for first, last, _ in statements.get(name, ()))


def essence(code: str) -> str:
    """Return the tokens of Python code without comments and docstrings: the same text in every Python."""
    lines, docstrings = code.splitlines(keepends=True), _docstrings(code)
    parts, begin, depth = [], None, 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):  # since 3.12, f"…" is many tokens: take its text
            begin, depth = (begin if depth else token.start), depth + 1
        elif kind.endswith("STRING_END"):
            depth -= 1
            parts += [] if depth else [_between(lines, begin, token.end)]
        elif token.type == tokenize.NEWLINE and (not parts or parts[-1] in MARKS.values()):
            continue  # behind a docstring
        elif not depth and token.type not in SKIPPED and token.start not in docstrings:
            parts.append(MARKS.get(token.type, token.string))
    return "\0".join(parts)


def _between(lines, begin, end):
    rows = lines[begin[0] - 1 : end[0]]
    rows[-1] = rows[-1][: end[1]]
    rows[0] = rows[0][begin[1] :]
    return "".join(rows)


def _docstrings(code):
    """Return where docstrings begin, (row, column)."""
    documented = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found = [n for n in ast.walk(ast.parse(code)) if isinstance(n, documented)]
    return {(n.body[0].lineno, n.body[0].col_offset) for n in found if ast.get_docstring(n) is not None}


# Following names


def _path(module):
    return pathlib.Path(importlib.util.find_spec(module).origin)


@functools.cache
def _module(name):
    """Return a module's lines, its definitions as (first, last, node), and what its imports mean."""
    code = _path(name).read_text(encoding="utf-8")
    tree, statements = ast.parse(code), {}
    for node in _statements(tree):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        for target in _defined(node):
            statements.setdefault(target, []).append((first - 1, node.end_lineno, node))
    return code.splitlines(keepends=True), statements, _imports(tree, name)


def _statements(tree):
    """Yield what stands at the top level of a module, also within `with`, `if` and `try`."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.dump(node.test):
            continue  # a command, not the module
        if isinstance(node, ast.With | ast.If | ast.Try):
            yield from _statements(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _defined(node):
    """Return the names that a statement defines; that of another one, which only does something, is ''."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    parts = [part for target in targets if target for part in ast.walk(target)]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return []  # a docstring
    return [part.id for part in parts if isinstance(part, ast.Name)] or [""]


def _imports(tree, module):
    """Return, for each name that is imported from this package, the definition that it means."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = importlib.util.find_spec(inner) if _is_package(node.module) else None
                meant = (inner, WHOLE) if is_module else (node.module, alias.name)
                found[alias.asname or alias.name] = meant
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == PACKAGE:
                    found[alias.asname or alias.name] = (alias.name, WHOLE)
    return found


@functools.cache
def _is_package(name):
    return importlib.util.find_spec(name).submodule_search_locations is not None


@functools.cache
def _named_by(definition):
    module, name = definition
    _, statements, imports = _module(module)
    own = {other: (module, other) for other in statements}
    names = list(statements) if name == WHOLE else [name, ""]
    nodes = [node for each in names for *_, node in statements.get(each, ())]
    found = {(module, "")} if "" in statements and name != WHOLE else set()
    return found.union(*(_resolve(node, own, imports) for node in nodes)) - {definition}


def _resolve(tree, own, imports):
    """Return the definitions that a piece of code names, as ``name`` or as ``module.name``."""
    known, found, attributes = own | imports, set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module, name = known.get(node.value.id, ("", ""))
            if name == WHOLE and node.attr in _module(module)[1]:
                found.add((module, node.attr))
                attributes.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node not in attributes and node.id in known:
            found.add(known[node.id])
    return found
