"""``python -m sadari`` is ``sadari``."""

from __future__ import annotations

import sys

from sadari.cli import main

sys.exit(main())
