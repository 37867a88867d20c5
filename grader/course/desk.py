"""`labkit desk`: JupyterLab with nbgrader's formgrader on this course, to mark by hand.

Formgrader asks for a course directory below the server's, an `nbgrader_config.py` where the server was
started and a database that only that file names. So the server is started where the course is, and
formgrader is told what the command line said, as every other command is.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from traitlets import Bool, Int

from grader.course.errors import CourseError
from grader.course.steps import general
from grader.running.runner import ALLOW_ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traitlets.config import Config

HERE = "127.0.0.1"
PORTS = range(8888, 8938)
"""Where a desk is looked for that no port is named for: JupyterLab's own ports."""


class LabDesk(NbGrader):
    """Start JupyterLab with formgrader on this course, to read and mark submissions by hand."""

    name = "labkit-desk"
    description = __doc__
    port = Int(0, help="The port to listen on; without it, the first that is free.").tag(
        config=True
    )
    browser = Bool(default_value=True, help="Open a browser.").tag(config=True)
    aliases = {**NbGrader.aliases, "port": "LabDesk.port"}  # noqa: RUF012 - traitlets' way
    flags = {  # noqa: RUF012 - the same
        **NbGrader.flags,
        "no-browser": ({"LabDesk": {"browser": False}}, "print the link and open no browser"),
    }

    def start(self) -> None:
        """Look at the course; raise `CourseError` if there is none, or its gradebook can't be read."""
        super().start()
        if self.extra_args:
            raise CourseError(
                f"labkit desk takes no {self.extra_args[0]!r}: it is of the whole course, so open "
                "the lab there"
            )
        if os.getuid() == 0 and not root_is_welcome():
            raise CourseError(
                "a desk runs what is typed into it, and as root that is all of this machine: be "
                f"another user, or say {ALLOW_ROOT}=1 where nothing is worth keeping"
            )
        root = Path(self.coursedir.root)
        if not (root / "nbgrader_config.py").is_file():
            raise CourseError(
                f"there is no course in {root}: no nbgrader_config.py; go to the folder of one, or "
                "make one with `labkit quickstart`"
            )
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            gradebook.assignments  # noqa: B018 - it can be read

    def options(self, port: int) -> list[str]:
        """Return what JupyterLab is started with."""
        return [
            *general(self.cli_config),
            "--Application.log_level=ERROR",
            f"--ServerApp.root_dir={self.coursedir.root}",
            f"--ServerApp.ip={HERE}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.allow_root={root_is_welcome()}",
            "--ServerApp.answer_yes=True",  # Ctrl-C ends it, and asks nothing
            f"--ServerApp.open_browser={self.browser}",
            "--LabApp.default_url=/formgrader",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            f"--ServerApp.jpserver_extensions={{'{__name__}': True}}",
        ]


def root_is_welcome() -> bool:
    """Return whether who runs this says that nothing on the machine is worth keeping."""
    return os.environ.get(ALLOW_ROOT) == "1"


class Formgrader(FormgradeExtension):
    """Formgrader that keeps to what the command line says wherever it reads the course's file anew."""

    def load_config(self) -> Config:
        """Read the course's file, which doesn't outdo the command line."""
        config: Config = super().load_config()
        config.merge(self.cli_config)
        return config


def run(arguments: Sequence[str]) -> None:
    """Look at the course, start JupyterLab there, and return when it has ended."""
    app = LabDesk.instance()
    try:
        app.initialize(list(arguments))
        app.start()
        port = free_port(app.port)
        options = app.options(port)
    finally:
        LabDesk.clear_instance()  # a process has one application of Jupyter's at a time
    os.chdir(app.coursedir.root)
    os.environ["JUPYTER_TOKEN"] = secrets.token_urlsafe(24)
    from jupyterlab.labapp import LabApp  # takes a second

    LabApp.launch_instance(argv=options)
    print("the desk is closed; what was marked is in the gradebook")


def free_port(asked: int) -> int:
    """Return the port that was asked for or, for 0, one that is free; raise `CourseError` if none is."""
    if asked:
        try:
            _listen(asked)
        except OverflowError:
            raise CourseError(f"there is no port {asked}: they go to 65535") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CourseError(f"port {asked} can't be used: {error.strerror}") from None
            raise CourseError(
                f"port {asked} is taken, maybe by another desk: without --port a free one is found"
            ) from None
        return asked
    for port in PORTS:
        with suppress(OSError):
            _listen(port)
            return port
    raise CourseError(f"ports {PORTS[0]} to {PORTS[-1]} are taken: say another with --port")


def _listen(port: int) -> None:
    """Listen on a port for a moment."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((HERE, port))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Do nothing yet: formgrader is loaded after this one."""


async def _start_jupyter_server_extension(server: Any) -> None:
    """Tell formgrader of the course that the desk was started for, and say where it is."""
    formgrader = Formgrader(parent=server)
    formgrader.root_dir = server.root_dir
    formgrader.log = server.log
    formgrader.initialize(general(server.cli_config))
    formgrader.init_tornado_settings(server.web_app)
    token = server.identity_provider.token
    at = f"http://{HERE}:{server.port}"
    print(f"the desk of {server.root_dir}")
    print(f"  formgrader:  {at}/formgrader?token={token}")
    print(f"  JupyterLab:  {at}/lab?token={token}")
    print("Ctrl-C ends it", flush=True)
