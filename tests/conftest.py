"""What holds for all tests."""

import signal
from typing import Any

import pytest
from hypothesis import settings


def pytest_configure() -> None:
    """No example of hypothesis fails because the machine is busy; and Ctrl-C works in what the tests start: a run in
    the background ignores it, and hands that on."""
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are named by their length: a gzip file holds the time at which it was made, so each worker of
    pytest-xdist would give the same test another name, and refuse to run any."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of one file stay together (``--dist loadfile``), and all of ``tests/scale``: they share a cluster."""
    from xdist.scheduler import LoadFileScheduling

    class TogetherInScale(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "tests/scale" if nodeid.startswith("tests/scale/") else super()._split_scope(nodeid)

    return TogetherInScale(config, log) if config.getoption("dist") == "loadfile" else None
