"""A child program: run commands of the program, one an argument, and print the modules that are loaded then."""

import sys

from studies.commands.app import run

for words in sys.argv[1:]:
    run(words.split())
print("LOADED", *sys.modules)
