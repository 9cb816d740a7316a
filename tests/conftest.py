"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C work in what the tests start: a run in the background ignores it, and hands that on."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
