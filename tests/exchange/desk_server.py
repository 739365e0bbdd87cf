"""Runs the ``nbgrader`` command again and again without importing it each time.

One JSON line in ({arguments, folder, environment}), one out ({code, output}): each command runs in a fork of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile


def main() -> None:
    from nbgrader.apps import nbgraderapp

    for module in ("nbgrader.server_extensions.formgrader.formgrader", "grading.exchange.plugin", "grading.course.html"):
        __import__(module)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryFile("w+") as output:
            child = os.fork()
            if child == 0:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.environ.clear()
                os.environ.update(order["environment"])
                os.chdir(order["folder"])
                sys.argv = ["nbgrader", *order["arguments"]]
                try:
                    nbgraderapp.main()
                    code = 0
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else bool(end.code)
                except BaseException as error:
                    print(f"{type(error).__name__}: {error}", file=sys.stderr)
                    code = 1
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            output.seek(0)
            answers.write(json.dumps({"code": code, "output": output.read()}) + "\n")
            answers.flush()


main()
