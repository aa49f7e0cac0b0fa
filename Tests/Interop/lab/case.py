"""The register of interop cases: a function of a Workshop that raises when what its docstring claims is not so."""

import contextlib
import dataclasses
import signal
import time
import traceback
import typing

from .process import Failure, Workshop

_registered = []


@dataclasses.dataclass
class Case:
    name: str
    claim: str
    seconds: int
    body: typing.Callable


def case(seconds=60):
    """Registers a case and the time it may take."""

    def register(function):
        _registered.append(Case(function.__name__, function.__doc__.strip().splitlines()[0], seconds, function))
        return function

    return register


def cases(wanted=()):
    """All cases, or those whose name holds one of the texts in `wanted`."""
    return [case for case in _registered if not wanted or any(text in case.name for text in wanted)]


@contextlib.contextmanager
def _deadline(seconds):
    def expire(*_):
        raise Failure(f"not done after {seconds} s")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def run(case, keep=False):
    """Runs one case, prints how it went, and gives whether it passed. A failed case's folder is kept."""
    start = time.monotonic()
    with Workshop(case.name) as workshop:
        workshop.keep = keep
        try:
            with _deadline(case.seconds):
                case.body(workshop)
        except Exception as error:  # noqa: BLE001 - whatever a case runs into, the others are still to be run.
            workshop.keep = True
            print(f"FAIL  {case.name} ({time.monotonic() - start:.1f} s): {case.claim}")
            if isinstance(error, Failure):
                where = traceback.extract_tb(error.__traceback__)
                place = [f"{frame.name}:{frame.lineno}" for frame in where if "/cases/" in frame.filename]
                print(f"      at {' > '.join(place)}")
            else:
                traceback.print_exc()
            print("      " + str(error).strip().replace("\n", "\n      "))
            print(f"      kept: {workshop.folder}", flush=True)
            return False
    print(f"ok    {case.name} ({time.monotonic() - start:.1f} s): {case.claim}", flush=True)
    return True
