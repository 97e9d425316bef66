"""The objective `train` in a worker that dies once between the statements of one transaction.

Which one, $DIES_AT says: the name of a method of the storage.
"""

import os
import signal
from pathlib import Path

from train import train as train

from storage.rdb import SharedStorage


def dies_once(method):
    def call(*args, **kwargs):
        result = method(*args, **kwargs)
        journal, died = Path("journal.txt"), Path("died.txt")
        if not died.exists() and journal.exists() and journal.read_text().count("end") >= 3:
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


_NAME = os.environ["DIES_AT"]
setattr(SharedStorage, _NAME, dies_once(getattr(SharedStorage, _NAME)))
