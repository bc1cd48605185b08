"""Workers that fail, in a module of its own: each worker that starts anew imports it, and nothing else of the tests."""

import os
import signal
import time
from pathlib import Path


def fail_at(first, how, function, plan, shard, *rest):
    """What a worker does in place of ``compute``: die or raise at one shard."""
    if shard.first == first:
        if how.startswith("die"):
            # Dask's nanny takes a worker that dies before it has reported for one that cannot start.
            time.sleep(float(how.removeprefix("die") or 0))
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "raise":
            raise ArithmeticError("cosmic ray")
        if not Path(how).exists():  # once: a marker is left behind
            Path(how).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return function(plan, shard, *rest)
