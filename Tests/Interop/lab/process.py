"""Child processes that never outlive us, loopback ports, and waiting with a deadline."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """Something a case checks does not hold."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def wait_for(what, condition, seconds, every=0.05):
    """Calls `condition` until it gives something true, which is returned; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        check(time.monotonic() < deadline, f"not within {seconds} s: {what}")
        time.sleep(every)


_given_ports = set()


def free_port():
    """A loopback port on which neither TCP nor UDP is bound now, and that was not given out before."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            stream.bind(("127.0.0.1", 0))
            port = stream.getsockname()[1]
            try:
                datagrams.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given_ports:
            _given_ports.add(port)
            return port


def port_is_open(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


class Child:
    """A process of ours: its standard error (and output, unless it is piped) goes to a file."""

    def __init__(self, name, arguments, log, environment=None, pipe_output=False, stdin=subprocess.DEVNULL):
        self.name = name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments], stdin=stdin,
                stdout=subprocess.PIPE if pipe_output else errors, stderr=errors, text=True,
                env=None if environment is None else {**os.environ, **environment},
                preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def expect_running(self):
        check(self.is_running(), f"{self.name} ended with {self.process.returncode}:\n{self.log_tail()}")
        return self

    def wait_for_port(self, port, seconds=15):
        wait_for(f"{self.name} to open port {port}", lambda: self.expect_running() and port_is_open(port), seconds)
        return self

    def log_text(self):
        return self.log.read_text(errors="replace")

    def log_tail(self):
        return self.log_text()[-2000:]

    def terminate(self, seconds=20):
        """SIGTERM, and the exit status; fails if the process does not end in time (it is killed then)."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not end within {seconds} s of SIGTERM:\n{self.log_tail()}") from None

    def kill(self):
        if self.is_running():
            self.process.kill()
        self.process.wait()

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self, field="VmRSS"):
        """VmRSS (now) or VmHWM (peak)."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise Failure(f"{self.name} is gone")


class Workshop:
    """A temporary folder and processes started in it. Leaving it ends them, and removes the folder unless `keep`."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"waxwing-{name}-"))
        self.folder.chmod(0o755)
        self.children = []
        self.keep = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.kill()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return self.folder / name

    def start(self, name, arguments, **options):
        child = Child(name, arguments, self.path(f"{name}.log"), **options)
        self.children.append(child)
        return child

    def run(self, arguments, seconds=60, stdin=None, **options):
        """Runs a command to its end and gives the CompletedProcess, output as text; never fails by its exit status."""
        return subprocess.run(
            [str(argument) for argument in arguments], timeout=seconds, capture_output=True, text=True,
            errors="replace", input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, **options)
