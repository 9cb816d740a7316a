"""The connection to a cluster: what it finds, what it refuses, and that it says it in a line."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from sadari.errors import ClusterError, SettingError
from sadari.scale import cluster as of_cluster
from sadari.scale.cluster import check_address, check_package, connected
from sadari.scale.package import here


def test_a_cluster_says_what_there_is(address):
    with connected(address) as found:
        assert (found.nodes, found.cpus, found.gpus) == (3, 3, 0)
    with connected(address) as again:  # the connection was there before, and stays
        assert again == found


@pytest.mark.parametrize("address", ["in/a.parquet", "news.csv", "10.0.0.1", "ray://", "host:port", "a b:1", ""])
def test_what_is_no_address_is_refused_before_anything_starts(address):
    with pytest.raises(SettingError, match="no address of a Ray cluster"):
        check_address(address)


@pytest.mark.parametrize("address", ["local", "auto", "10.0.0.1:6379", "ray://head:10001", "[::1]:6379"])
def test_addresses(address):
    assert check_address(address) == address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def unconnected(monkeypatch):
    """As in a process that is not connected yet."""
    monkeypatch.setattr(of_cluster.import_ray(), "is_initialized", lambda: False)


def test_nobody_is_there(unconnected):
    with (
        pytest.raises(ClusterError, match="there is no Ray cluster: Connection refused"),
        connected(f"127.0.0.1:{free_port()}"),
    ):
        pass


def test_no_cluster_runs_on_this_machine(unconnected, monkeypatch):
    ray = of_cluster.import_ray()

    def find_none(**settings):  # in its place, since the cluster of the tests runs here: what Ray raises without one
        raise ConnectionError("Could not find any running Ray instance. Please specify …")

    monkeypatch.setattr(ray, "init", find_none)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with pytest.raises(ClusterError, match="auto: no Ray cluster runs on this machine"), connected("auto"):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_stops_a_run_waits_until_ray_has_started_or_ended(number):
    def stop(*given):
        raise KeyboardInterrupt

    before = signal.signal(number, stop)
    done = []
    try:
        for within in (None, ("test_cluster.py", "connect"), ("test_cluster.py", "another")):

            def connect(within=within):
                with of_cluster._signals_put_off(within):
                    os.kill(os.getpid(), number)
                    done.append(within)

            with pytest.raises(KeyboardInterrupt):
                connect()
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    assert done == [None, ("test_cluster.py", "connect")]


SETTINGS = b"\0\0\0\4\0\0\0\0\0"
NOT_FOUND = b"\0\0\1\1\5\0\0\0\1\x8d"  # HTTP/2, but not gRPC


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", SETTINGS + NOT_FOUND]
)
def test_something_else_answers(unconnected, said):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            there, _ = server.accept()
            with there:
                there.recv(1000)
                there.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        port = server.getsockname()[1]
        with (
            pytest.raises(ClusterError, match="something answers that is not Ray"),
            connected(f"ray://127.0.0.1:{port}"),
        ):
            pass


def test_silence_is_given_up(unconnected, monkeypatch):
    monkeypatch.setattr(of_cluster, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        start = time.monotonic()
        port = server.getsockname()[1]
        with pytest.raises(ClusterError, match="nothing answered within"), connected(f"127.0.0.1:{port}"):
            pass
        assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"python": "3.99"}, "runs Python 3.99"),
        ({"ray": "1.0"}, "runs Ray 1.0"),
        ({"sadari": "9.9"}, "runs Sadari 9.9"),
        ({"sadari": None}, "Sadari is not installed there"),
        ({"source": "other"}, "runs another Sadari"),
    ],
)
def test_a_node_that_runs_something_else_is_named(changed, said):
    from dataclasses import replace

    with pytest.raises(ClusterError, match=f"node far-away: {said}"):
        check_package("far-away", replace(here(), **changed))


def test_without_ray_the_extra_is_named():
    code = "import sys; sys.modules['ray'] = None\nfrom sadari.scale.cluster import import_ray\nimport_ray()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'sadari[ray]'" in run.stderr


@pytest.mark.slow
def test_a_cluster_of_this_machine_starts_and_ends_silently():
    code = (
        "import signal, ray\n"
        "from sadari.scale.cluster import connected\n"
        "before = signal.getsignal(signal.SIGTERM)\n"
        "with connected(num_cpus=1, object_store_memory=80_000_000) as found:\n"
        "    assert signal.getsignal(signal.SIGTERM) == before\n"
        "    print(found.nodes, found.cpus, ray.get(ray.remote(lambda: 6 * 7).remote()))\n"
        "assert not ray.is_initialized()\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stdout, run.stderr) == (0, "1 1 42\n", "")
