"""Prints ``phrases.csv``."""

import sys

from sadari.data.phrases.grammar import to_csv

sys.stdout.buffer.write(to_csv().encode())
