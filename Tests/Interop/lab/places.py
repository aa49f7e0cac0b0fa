"""Where things are. The Makefile sets the three environment variables; without it, the defaults of the clone hold."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRATCH = pathlib.Path(os.environ.get("WAXWING_SCRATCH", ROOT / ".build")).absolute()
WAXWING = pathlib.Path(os.environ.get("WAXWING", SCRATCH / "release" / "waxwing"))
CERTS = pathlib.Path(os.environ.get("WAXWING_CERTS", ROOT / "Certs" / "out")).absolute()
TOOL_SOURCES = ROOT / "Tests" / "Bench" / "tools"


def certificate(name):
    """The certificate (or authority) `name` of Certs/make-certs.sh."""
    return str(CERTS / f"{name}.pem")


def certificate_key(name):
    return str(CERTS / f"{name}.key")


def tool(name):
    """The path of a C tool of Tests/Bench/tools, compiled when it is missing or older than its source."""
    return _compiled(name, name, "-lssl", "-lcrypto", "-lisal", "-lpthread")


def preload(name):
    """The path of a C library of Tests/Bench/tools that is to be preloaded, compiled like a tool."""
    return _compiled(name, f"{name}.so", "-shared", "-fPIC")


def _compiled(name, target, *arguments):
    source, binary = TOOL_SOURCES / f"{name}.c", SCRATCH / "tools" / target
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        binary.parent.mkdir(parents=True, exist_ok=True)
        fresh = binary.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", fresh, source, *arguments], check=True)
        fresh.rename(binary)
    return str(binary)
