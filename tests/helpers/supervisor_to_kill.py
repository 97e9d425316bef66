"""A supervisor of one worker, to be killed: looks after it for as long as it lives.

Arguments: the engine, as "module:class", and a file with the pickled preparation and order.
"""

import pickle
import sys
from importlib import import_module
from pathlib import Path

module, _, name = sys.argv[1].partition(":")
preparation, order = pickle.loads(Path(sys.argv[2]).read_bytes())
engine = getattr(import_module(module), name)(preparation)
engine.start(order)
while True:
    engine.poll(1.0)
