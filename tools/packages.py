"""Running pip and uv, which install and fetch packages for the commands here.

This uses the standard library only, and syntax that Python 3.6 can still read.
"""

import glob
import os
import subprocess
import sys

from tools.command import tell


def pip(python, *arguments, total=0, **variables):
    """Run pip of a Python, show about how many of all packages it has found, and return its output.

    Raises
    ------
    subprocess.CalledProcessError
        If pip fails; with its output.
    """
    command = [str(python), "-m", "pip", "--disable-pip-version-check"]
    command += map(str, arguments)
    count, output = 0, []
    with subprocess.Popen(
        command,
        env=dict(os.environ, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            for line in process.stdout:
                output.append(line)
                found = line.startswith(("Collecting ", "Processing "))
                count += found
                if found and count % 25 == 0:
                    tell(f"  about {count} of {total} packages found")
                elif line.startswith("Installing coll") and line.count(",") > 1:
                    tell("  installing them, one to two minutes …")
        except BaseException:
            process.terminate()  # it must not go on writing when this process has ended
            raise
    text = "".join(output)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, text)
    return text


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


def stop(sentence, output):
    """End this command with a sentence, below the last lines of what pip or uv said."""
    tell("\n".join(output.splitlines()[-30:]))
    sys.exit(sentence)
