"""Processes: children that die with their parent, and are told to stop before they are made to."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

PR_SET_PDEATHSIG = 1
PATIENCE_SECONDS = 15.0


def die_with_parent(signal_number: int = signal.SIGTERM) -> None:
    """Have the kernel tell this process when its parent is gone; a parent gone already counts too."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal_number)


def spawn(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a child in its own group, so that Ctrl-C reaches the parent alone, which stops it in order."""
    return subprocess.Popen(
        command,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 -- the parent starts children before any thread
    )


def stop(child: subprocess.Popen[bytes]) -> None:
    """Tell a child to stop, wait, and only then make it."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
