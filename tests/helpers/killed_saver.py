"""A child program: processes that save one state after another are killed; what is there then must be whole.

Every second one is killed in the middle of a save, the others at any moment. Arguments: the folder, how many.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from storage.checkpoints import Checkpoint, checkpoint_of


def state(number: int) -> bytes:
    """Tells its length and its number."""
    return f"{number} ".encode() * 500_000


def save_on(checkpoint: Checkpoint, number: int) -> None:
    while True:
        checkpoint.save(state(number))
        number += 1


def stop_in_a_save(child: int, folder: Path) -> None:
    """Stop it where a file is there that has not its name yet."""
    before = {*folder.iterdir()}
    while True:
        os.kill(child, signal.SIGSTOP)
        os.waitpid(child, os.WUNTRACED)
        if {*folder.iterdir()} - before:
            return
        os.kill(child, signal.SIGCONT)
        time.sleep(0.001)


def main(folder: Path, kills: int) -> None:
    checkpoint, found, chance = checkpoint_of(folder, 0), [0], random.Random(5)
    checkpoint.save(state(0))
    for kill in range(kills):
        child = os.fork()
        if not child:
            save_on(checkpoint, found[-1] + 1)
        if kill % 2:
            stop_in_a_save(child, folder)
        else:
            time.sleep(chance.uniform(0.005, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kept = checkpoint.load()
        assert kept is not None
        number = int(kept.split(maxsplit=1)[0])
        assert kept == state(number)
        found.append(number)
    print(json.dumps([found, len(list(folder.iterdir()))]))


main(Path(sys.argv[1]), int(sys.argv[2]))
