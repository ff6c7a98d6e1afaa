"""The commands of the package: your own ratings compared, and a challenge for a classroom.

    python -m recdl compare ratings.csv --user who --item what --time when
    python -m recdl challenge split ratings.csv --user who --item what --time when --out folder
    python -m recdl challenge judge folder/held_out.csv folder/train.csv entries

`--help` behind any of them says more. Results go to standard output, progress to standard error.
"""

import argparse
import dataclasses
import os
import pathlib
import signal
import sys

INTERRUPTED = 130  # the exit status of a command that Ctrl-C has stopped


def tell(line: str):
    """Print progress on standard error, which leaves standard output to results."""
    print(line, file=sys.stderr, flush=True)


# What the commands do. What takes a second to import is imported here, where Ctrl-C ends with a sentence.


def _read(given):
    """Return the table, and a line that says how many rows and which columns of the file it has.

    Ratings are read only if they are named: one that cannot be read should stop nobody who does not use it.
    """
    from recdl import tables
    from recdl.ratings import COLUMNS

    tell(f"Reading {given.ratings} …")
    asked = {name: getattr(given, name) for name in ("user", "item", "rating", "time")}
    asked["rating"] = given.rating or False
    layout = {name: getattr(given, name) for name in tables.LAYOUT}
    layout = {name: value for name, value in layout.items() if value is not None}
    layout |= {"zeros": given.zeros, "repeats": given.repeats}
    ratings = tables.read(given.ratings, **asked, **layout)
    words = dict(zip(COLUMNS, asked, strict=True))
    names = ratings.attrs["columns"].items()
    columns = ", ".join(f"{words[ours]} = {name}" for ours, name in names)
    rows = f"{len(ratings):,} rows of {pathlib.Path(given.ratings).name}"
    return ratings, f"{rows}. Columns: {columns}."


def _tell_what_is_replaced(folder, names, *read):
    """Name the files that are replaced; refuse to replace one of those that are read."""
    for path in map(pathlib.Path, read):
        for result in (folder / name for name in names):
            if path.exists() and result.exists() and path.samefile(result):
                raise ValueError(
                    f"{path} is read, and would be replaced. Name another folder: --out."
                )
    there = [str(folder / name) for name in names if (folder / name).exists()]
    if there:
        tell(
            f"Will be replaced: {', '.join(there)}. To keep it, use another folder: --out."
        )


def _compare(given):
    from recdl.own import page
    from recdl.own.compare import compare
    from recdl.own.results import results_in

    options = {"seed": given.seed, "k": given.k, "n_epochs": given.epochs}
    with results_in(given.out, *page.FILES) as folder:
        _tell_what_is_replaced(folder, page.FILES, given.ratings)
        ratings, taken = _read(given)
        taken += " The rating is not used." * ("rating" in ratings)
        tell(taken)
        result = compare(ratings, models=given.models, progress=tell, **options)
        title = f"Recommenders compared on {pathlib.Path(given.ratings).name}"
        try:
            print(page.as_text(result))
        finally:  # even if nobody reads on
            result = dataclasses.replace(result, notes=[taken, *result.notes])
            paths = page.write(result, folder, title)
    tell("Written: " + ", ".join(map(str, paths)))


def _split(given):
    from recdl.own import challenge
    from recdl.own.notes import on_names
    from recdl.own.results import results_in

    with results_in(given.out, challenge.TRAIN) as folder:
        ratings, taken = _read(given)
        for line in (taken, *on_names(ratings)):
            tell(line)
        train, held_out = challenge.split(ratings, folder, given.seed)
    print(f"For the class: {train}\nFor the teacher alone: {held_out}")


def _judge(given):
    from recdl.files import write_csv
    from recdl.own import challenge
    from recdl.own.results import results_in

    files = (given.held_out, given.train, given.entries)
    options = {"k": given.k, "seed": given.seed, "limit_s": given.limit}
    with results_in(given.out, challenge.RESULTS) as folder:
        read = [given.held_out, given.train, *given.entries]
        _tell_what_is_replaced(folder, [challenge.RESULTS], *read)
        table = challenge.judge(*files, **options, progress=tell)
        try:
            print(challenge.as_text(table, given.k))
        finally:  # even if nobody reads on
            path = write_csv(table.reset_index(), folder / challenge.RESULTS)
    tell(f"Written: {path}")


# What the command line says


def _at_least(least, kind=int):
    def number(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not value >= least:
            raise argparse.ArgumentTypeError(
                f"must be a number of at least {least}; received {text!r}."
            )
        return value

    return number


def _names(text):
    return [name.strip() for name in text.split(",")]


def _separator(text):
    return {"tab": "\t", "\\t": "\t"}.get(text, text)


def _add_layout(parser):
    layout = parser.add_argument_group("how the file is written")
    layout.add_argument("--encoding", help="for example latin-1")
    told = "what stands between two fields: one character, '::' or tab"
    layout.add_argument("--separator", type=_separator, help=told)
    told = "whether quotation marks enclose texts, or are a part of them"
    layout.add_argument("--quotes", action=argparse.BooleanOptionalAction, help=told)
    told = "the mark in ratings such as 3,5"
    layout.add_argument("--decimal", choices=[".", ","], help=told)


def _add_table(parser, ratings):
    parser.add_argument("ratings", help=ratings)
    names = parser.add_argument_group("which column is which")
    names.add_argument("--user", help="who; may be left out where it is called user")
    names.add_argument("--item", help="what; may be left out where it is called item")
    names.add_argument("--rating", help="how much they liked it; not read without this")
    names.add_argument("--time", help="when, if the table says so")
    told = "leave a column out that looks like --time"
    none = {"dest": "time", "action": "store_const", "const": False}
    names.add_argument("--no-time", help=told, **none)
    told = "names in place of a first line, such as who,what,when"
    names.add_argument("--columns", type=_names, help=told)
    _add_layout(parser)
    rows = parser.add_argument_group("rows")
    choices = ["keep", "drop"]
    told = "rows with the rating 0, which in some data means that there is none"
    rows.add_argument("--zeros", choices=choices, default="keep", help=told)
    choices = ["refuse", "first", "last", "sum"]
    told = "what to keep where somebody has an item in several rows"
    rows.add_argument("--repeats", choices=choices, default="refuse", help=told)


def _add_numbers(parser, out, *, k=True):
    told = "the source of all randomness (default: 42)"
    parser.add_argument("--seed", type=_at_least(0), default=42, help=told)
    if k:
        told = "items in a list (default: 10)"
        parser.add_argument("--k", type=_at_least(1), default=10, help=told)
    told = f"the folder for what is written (default: {out})"
    parser.add_argument("--out", default=out, help=told)


def _add_compare(commands):
    from recdl.own.contenders import SYSTEMS

    told = "compare recommenders on your own ratings"
    more = (
        "A quarter of each user's ratings, the latest (or random ones, if there are no times), is kept for "
        "the test; settings are chosen on a part of the rest. Writes comparison.csv and comparison.html."
    )
    parser = commands.add_parser("compare", help=told, description=more)
    _add_table(parser, "a table with a row for each rating, purchase or visit")
    systems = [system.name for system in SYSTEMS]
    told = f"some of {', '.join(systems)} (default: all)"
    parser.add_argument(
        "--models", nargs="+", choices=systems, metavar="NAME", help=told
    )
    told = "the most epochs for NeuMF (default: 20, or up to 400 for a small table)"
    parser.add_argument("--epochs", type=_at_least(1), help=told)
    _add_numbers(parser, "comparison")
    parser.set_defaults(run=_compare)


def _add_challenge(commands):
    told = "who recommends best what only the teacher has?"
    both = commands.add_parser("challenge", help=told, description=told)
    steps = both.add_subparsers(required=True, metavar="split or judge")
    told = (
        "cut a table into train.csv, for the class, and held_out.csv, for the teacher"
    )
    parser = steps.add_parser("split", help=told, description=told)
    _add_table(parser, "a table with a row for each rating, purchase or visit")
    _add_numbers(parser, "challenge", k=False)
    parser.set_defaults(run=_split)
    told = "judge what the class has handed in"
    more = (
        f"{told.capitalize()}. An entry is a CSV file of lists (columns user, rank, item), or a Python file "
        "with a function model(train) that returns an object with scores(users). Careful: to run a Python "
        "file of somebody else means to run their code, with your rights: it can read, change and send away "
        "whatever you can, held_out.csv included. Read it first. Writes results.csv."
    )
    parser = steps.add_parser("judge", help=told, description=more)
    parser.add_argument("held_out", help="held_out.csv")
    parser.add_argument("train", help="train.csv")
    parser.add_argument("entries", nargs="+", help="files, or folders of files")
    told = "seconds that a Python file may take (default: 600)"
    parser.add_argument("--limit", type=_at_least(1, float), default=600, help=told)
    _add_numbers(parser, "challenge")
    parser.set_defaults(run=_judge)


def _on_the_command_line(error: Exception, given) -> str:
    """Return what an error says, and the options for the arguments of Python that may help."""
    options = getattr(error, "options", ())
    if not options or not hasattr(given, "columns"):  # it reads no table of anybody's
        return str(error)
    named = "; ".join(map(_option, options))
    return f"{error}\nOn the command line: {named}."


def _option(of_read):
    """Return how an option of `recdl.tables.read`, such as quotes=False or decimal=',', is written here."""
    name, _, value = of_read.partition("=")
    if of_read == "rating=False":
        return "without --rating"
    return f"--no-{name}" if value == "False" else f"--{name} {value}".rstrip()


def parser() -> argparse.ArgumentParser:
    """Return what understands the commands."""
    told = "Recommenders on your own ratings. COMMAND --help says more."
    found = argparse.ArgumentParser("python -m recdl", description=told)
    commands = found.add_subparsers(required=True, metavar="COMMAND")
    _add_compare(commands)
    _add_challenge(commands)
    return found


def main(words: list[str] | None = None):
    """Run a command; what is expected to go wrong ends with a sentence and the exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal may not know every sign
            stream.reconfigure(errors="replace")
    try:
        given = parser().parse_args(words)
        given.run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        tell("Interrupted. Nothing is half-written; the same command begins anew.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # nobody reads on
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        sys.exit(1)
    except (ValueError, OSError) as error:  # the package's own say what to do
        sys.exit(_on_the_command_line(error, given))


def _end(number, _):
    sys.exit(128 + number)


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):  # so that what was started ends, too
        asked = getattr(signal, name, None)  # Windows has one of them
        if asked and signal.getsignal(asked) == signal.SIG_DFL:  # nohup: it stays so
            signal.signal(asked, _end)
    main()
