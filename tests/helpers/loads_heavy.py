"""A child program: import modules and say which of them loaded a package that is heavy.

The two arguments are the modules and the packages, with commas between them.
"""

import importlib
import sys

modules, heavy = sys.argv[1].split(","), sys.argv[2].split(",")
for module in modules:
    importlib.import_module(module)
    for name in [name for name in heavy if name in sys.modules]:
        heavy.remove(name)
        print(f"{module} loads {name}")
