"""Servers of a test's own: it starts them, and they end with it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from needs import postgres_folder


def free_port():
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(*command, cwd):
    """Run a program in a folder of its own, and end it and all that it started."""
    cwd.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def postgresql(tmp_path):
    """Run a PostgreSQL server in a folder; yield the address of its database."""
    programs = postgres_folder()
    data, port = tmp_path / "postgres", free_port()
    data.mkdir()
    user = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        for folder in (data, *data.parents):
            if folder.stat().st_uid == 0 and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o055)
        shutil.chown(data, "postgres", "postgres")
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    initdb = [programs / "initdb", "-D", data, "-U", "course", "-A", "trust", "--no-sync"]
    subprocess.run([*user, *initdb], check=True, capture_output=True, cwd="/")
    data.chmod(0o700)
    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    with running(*user, programs / "postgres", "-D", data, *options.split(), cwd=tmp_path / "run"):
        url = f"postgresql+psycopg://course@127.0.0.1:{port}/postgres"
        deadline = time.monotonic() + 30
        while subprocess.run(
            [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False
        ).returncode:
            assert time.monotonic() < deadline, "PostgreSQL didn't start"
            time.sleep(0.1)
        yield url
