"""Commands in forks of one process that has imported what they need, each with its own everything.

A new interpreter takes a second of processor time before it does anything. Here one process
imports it all, once, and each command is a fork of it: with the words, folder, environment, input
and output of who calls it, and an exit code. Only the imports are not its own, so what a test
says of them, of signals or of the process is tested in a real one.

    python -m tests.warm FOLDER   # serves at FOLDER/socket, and puts an `assay` into FOLDER
"""

import array
import atexit
import importlib
import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
IMPORTED = (
    "assay.api", "assay.cli", "assay.project", "assay.run", "assay.report.page", "pandas",
    "scipy.optimize", "scipy.stats", "sklearn.feature_extraction.text", "sklearn.linear_model",
)  # fmt: skip
LARGEST = 2**20  # bytes of a call
# A stub that starts in a hundredth of a second: it hands over what it was called with.
STUB = """\
#!{python} -ISES
import array, json, os, socket, sys
call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, {largest})
line.connect({place!r})
line.sendmsg([call], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
sys.exit(int(line.recv(16) or 70))
"""


@contextmanager
def warm(folder: Path) -> Iterator[Path]:
    """A folder for the front of PATH, where `assay` is a fork of the process that this begins."""
    command = [sys.executable, "-m", "tests.warm", str(folder)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield folder
    finally:
        server.kill()
        server.communicate()


def serve(folder: Path) -> None:
    for name in (*IMPORTED, *_commands()):
        importlib.import_module(name)
    place = folder / "socket"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(str(place))
    listening.listen()
    stub = folder / "assay"
    stub.write_text(STUB.format(python=sys.executable, place=str(place), largest=LARGEST))
    stub.chmod(0o755)
    print("ready", flush=True)
    while True:
        line, _ = listening.accept()
        _bury()
        if os.fork() == 0:
            listening.close()
            _answer(line)
        line.close()


def _bury() -> None:
    """Takes note of the commands that have ended, so that their time counts as ours."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _commands() -> set[str]:
    from assay.cli import root

    return {module for module, _ in root.named.values()}


def _answer(line: socket.socket) -> None:
    size = array.array("i", [0, 0, 0])
    call, rights, *_ = line.recvmsg(LARGEST, socket.CMSG_SPACE(size.itemsize * len(size)))
    files = array.array("i", rights[0][2])
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    words, folder, environment = json.loads(call)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = _done(words)
    line.send(str(code).encode())
    os._exit(0)


def _done(words: list[str]) -> int:
    """Runs the command, or after `-c` the Python that follows; its exit code."""
    sys.argv = ["assay", *words]
    code: object = 0
    try:
        if words[:1] == ["-c"]:
            _run(words[1])
        else:
            from assay.cli import main

            main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code if isinstance(code, int) else int(code is not None)


def _run(code: str) -> None:
    main = sys.modules["__main__"] = ModuleType("__main__")
    sys.path[0] = ""
    exec(compile(code, "<string>", "exec"), main.__dict__)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
