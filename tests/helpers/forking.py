"""A server that forks a process for each call that it reads from its standard input.

It has imported everything once, so that eight processes cost as little as one. The calls of one request start together.
"""

import json
import os
import select
import signal
import sys
import time


class Child:
    """One forked call; its result comes through a pipe."""

    def __init__(self, call, args, gate):
        self.read_end, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(write_end)
            return
        status = 1
        try:
            os.close(gate[1])
            os.read(gate[0], 1)  # ends when the server closes its side: all children start together
            try:
                said = {"value": call(*args)}
            except Exception as error:  # noqa: BLE001  the test decides what it expected
                said = {"raised": type(error).__name__, "message": str(error)}
            with os.fdopen(write_end, "w") as pipe:
                json.dump(said, pipe)
            status = 0
        finally:
            os._exit(status)

    def result(self, deadline):
        """What the call returned or raised; killed if it is not over in time."""
        text = b""
        while select.select([self.read_end], [], [], max(0.0, deadline - time.monotonic()))[0]:
            piece = os.read(self.read_end, 65536)
            text += piece
            if not piece:
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.read_end)
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return {**(json.loads(text) if text else {}), "exitcode": code}


def serve(functions):
    """Answer requests until the standard input ends; ``functions`` are those that a request may call, by name."""
    children = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            gate = os.pipe()
            started = [Child(functions[name], args, gate) for name, args in request["start"]]
            os.close(gate[1])
            os.close(gate[0])
            children.update({child.pid: child for child in started})
            answer = [child.pid for child in started]
        else:
            deadline = time.monotonic() + request["seconds"]
            answer = [children.pop(pid).result(deadline) for pid in request["wait"]]
        print(json.dumps(answer), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
