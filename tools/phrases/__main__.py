"""Prints ``phrases.csv``."""

import sys

from phrases.grammar import to_csv

sys.stdout.buffer.write(to_csv().encode())
