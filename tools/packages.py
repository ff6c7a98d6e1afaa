"""Running pip and uv, which install and fetch packages for the commands here.

This uses the standard library only, and syntax that Python 3.6 can still read.
"""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from tools.command import tell


def output_of(command, heard=lambda line: None, **variables):
    """Run a program, hand each line that it writes to a function, and return all of them.

    Whatever ends this ends the program, too, with all that it has started, and removes its temporary files.

    Raises
    ------
    subprocess.CalledProcessError
        If the program fails; with its output.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    pipes.update(encoding="utf-8", errors="replace")
    folder, output = tempfile.mkdtemp(), []
    variables = dict(os.environ, TMPDIR=folder, **variables)
    try:
        # In a session of its own, as Ctrl-C in a terminal would else reach it before we do.
        with subprocess.Popen(
            command, env=variables, start_new_session=True, **pipes
        ) as process:
            try:
                for line in process.stdout:
                    output.append(line)
                    heard(line)
            except BaseException:
                _kill(process)
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = "".join(output)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, text)
    return text


def _kill(process):
    """End a process that has a session of its own, and its children; Windows ends those by itself."""
    if os.name == "nt":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def pip(python, *arguments, total=0, **variables):
    """Run pip of a Python, show about how many of all packages it has found, and return its output.

    Raises
    ------
    subprocess.CalledProcessError
        If pip fails; with its output.
    """
    found = []

    def heard(line):
        if line.startswith(("Collecting ", "Processing ")):
            found.append(line)
            if len(found) % 25 == 0:
                tell(f"  about {len(found)} of {total} packages found")
        elif line.startswith("Installing coll") and line.count(",") > 1:
            tell("  installing them, one to two minutes …")

    command = [str(python), "-m", "pip", "--disable-pip-version-check"]
    return output_of([*command, *map(str, arguments)], heard, **variables)


def uv(*arguments, **options):
    """Run uv, which must never download a Python, and return how it ended."""
    pyenv = os.path.expanduser(os.environ.get("PYENV_ROOT", "~/.pyenv"))
    # Before PATH, as pyenv's own entry there answers for a Python that is not switched on.
    places = [*glob.glob(glob.escape(pyenv) + "/versions/*/bin"), os.environ["PATH"]]
    variables = {"UV_PYTHON_DOWNLOADS": "never", "PATH": os.pathsep.join(places)}
    variables.update(options.pop("env", {}))
    command = [sys.executable, "-m", "uv", *map(str, arguments)]
    return subprocess.run(
        command, env=dict(os.environ, **variables), text=True, **options
    )


def network():
    """Return what to look at where the network, or the way to it, is missing."""
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if not proxy:
        return "look at the network and, where a proxy leads to it, set HTTPS_PROXY=http://name:port"
    shown = re.sub(r"^(\w+://)?.*@", r"\1…@", proxy)  # no name and no password
    return f"look at the network, and at HTTPS_PROXY, which is {shown}"


def stop(sentence, output):
    """End this command with a sentence, below the last lines of what pip or uv said."""
    lines = [line for line in output.splitlines() if not line.startswith("Ignoring ")]
    tell("\n".join(lines[-30:]))
    sys.exit(sentence)
