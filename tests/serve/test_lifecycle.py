"""A server from its start to its end: batches, reloads, and no accepted request lost."""

import asyncio
import json
import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

import sadari
from cli_runs import run_badly
from sadari.serve.settings import ServeSettings
from serving import TEXTS, process, running

GOOD = {"input": TEXTS[0]}


@pytest.mark.parametrize("name", ["tfidf", "lstm"])
def test_a_text_has_the_same_answer_in_any_company(server, models, name):
    texts = [f"{text} {word}" for text in TEXTS for word in ("goal", "oil", "space", "war", "", "the end of it all")]

    async def ask():
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            bodies = [{"model": name, "input": texts[n : n + 1 + n % 3]} for n in range(len(texts))] * 4
            return await asyncio.gather(*(client.post("/classify", json=body) for body in bodies))

    alone = models[name].predict_proba(texts)
    for n, answer in enumerate(asyncio.run(ask())):
        first = n % len(texts)
        found = [each["probs"] for each in answer.json()["data"]]
        assert np.abs(np.array(found) - alone[first : first + 1 + first % 3]).max() < 1e-5
    if name == "lstm":
        text = server.client.get("/metrics").text
        batches = float(re.search(r"^sadari_batch_texts_count (\S+)", text, re.M)[1])
        answered = float(re.search(r"^sadari_batch_texts_sum (\S+)", text, re.M)[1])
        assert answered > 2 * batches


@pytest.fixture
def folder(folders, tmp_path):
    """A copy of the quick model, to be spoiled."""
    return Path(shutil.copytree(folders["tfidf"], tmp_path / "m"))


def answer_of(server):
    return server.post("/classify", GOOD).json()["data"][0]["probs"]


def wait_for(condition, seconds=10.0):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.05)


def test_a_replaced_folder_is_read_again(folder):
    other = sadari.BagOfWords().fit(["good", "bad", "good day", "bad day"], ["yes", "no", "yes", "no"])
    with running(ServeSettings((("m", str(folder)),), port=0)) as server:
        stop, seen = threading.Event(), []

        def ask():
            with httpx.Client(base_url=server.url) as client:
                while not stop.is_set():
                    answer = client.post("/classify", json={"input": "good day"})
                    [first] = answer.json()["data"]
                    seen.append((answer.status_code, first["label"], first["num_classes"]))

        thread = threading.Thread(target=ask)
        thread.start()
        wait_for(lambda: seen)
        other.save(folder)
        wait_for(lambda: seen[-1][1] == "yes")
        stop.set()
        thread.join()
        assert {status for status, _, _ in seen} == {200}
        assert [count for _, _, count in seen] == sorted((count for _, _, count in seen), reverse=True)
        assert {label for _, label, count in seen if count == 2} == {"yes"}
        assert server.client.get("/info").json()["models"][0]["labels"] == ["no", "yes"]
        assert 'sadari_reloads_total{model="m",result="new"} 1.0' in server.client.get("/metrics").text


@pytest.mark.parametrize("how", ["torn", "gone", "garbage"])
def test_a_spoiled_folder_leaves_the_old_model(folder, how):
    with running(ServeSettings((("m", str(folder)),), port=0)) as server:
        before = answer_of(server)
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
        if how == "gone":
            shutil.rmtree(folder)
            time.sleep(1.5)
        else:
            [spoiled] = folder.glob("*.safetensors" if how == "torn" else "sadari.json")
            spoiled.write_bytes(kept[spoiled.name][:100])
            wait_for(lambda: "refused" in server.log.getvalue())
        assert answer_of(server) == before
        folder.mkdir(exist_ok=True)
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        wait_for(lambda: '"new"' in server.log.getvalue())
        assert answer_of(server) == before


def test_sighup_reads_the_models_again(folder):
    with process(folder) as (started, url):
        started.send_signal(signal.SIGHUP)
        wait_for(lambda: 'result="new"' in httpx.get(f"{url}/metrics").text)
        assert httpx.post(f"{url}/classify", json=GOOD).status_code == 200
        started.send_signal(signal.SIGTERM)
        assert started.wait(10) == 0


def load_on(url, stop, seen, pause=0.0):
    """Ask until told to stop: "ok", or what went wrong, of every request that a connection was made for."""
    with httpx.Client(base_url=url, timeout=15) as client:
        while not stop.is_set():
            try:
                seen.append(client.post("/classify", json=GOOD).status_code)
            except httpx.ConnectError:
                return  # it no longer listens
            except httpx.HTTPError as error:
                seen.append(repr(error))
            time.sleep(pause)


def test_sigterm_loses_no_accepted_request(folder):
    with process(folder) as (started, url):
        stop, seen = threading.Event(), []
        clients = [threading.Thread(target=load_on, args=(url, stop, seen)) for _ in range(8)]
        for client in clients:
            client.start()
        wait_for(lambda: len(seen) > 100)
        begun = time.monotonic()
        started.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        assert httpx.get(f"{url}/health").status_code == 503
        assert httpx.get(f"{url}/v2/health/live").status_code == 200
        assert started.wait(10) == 0
        assert time.monotonic() - begun < 10
        stop.set()
        for client in clients:
            client.join()
        assert set(seen) == {200}


def test_several_processes(folder):
    with process(folder, "--workers", 2) as (started, url):
        for _ in range(20):
            assert httpx.post(f"{url}/classify", json=GOOD).status_code == 200
        assert 'sadari_requests_total{route="/classify",status="200"} 20.0' in httpx.get(f"{url}/metrics").text
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
        if children.exists():
            workers = [
                int(pid)
                for pid in children.read_text().split()
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]
            assert len(workers) == 2
            os.kill(workers[0], signal.SIGKILL)
            time.sleep(0.5)
            assert httpx.post(f"{url}/classify", json=GOOD).status_code == 200
        started.send_signal(signal.SIGTERM)
        assert started.wait(15) == 0


def test_what_cannot_start_says_why(folder, tmp_path, monkeypatch):
    with running(ServeSettings((("m", str(folder)),), port=0)) as server:
        port = server.url.rpartition(":")[2]
        assert "another program listens" in run_badly("serve", folder, "--port", port)
    (tmp_path / "empty").mkdir()
    assert "not a Sadari model" in run_badly("serve", tmp_path / "empty", "--port", "0")
    assert "without a token" in run_badly("serve", folder, "--host", "0.0.0.0")
    assert "two models" in run_badly("serve", folder, f"{folder.name}={folder}")
    assert "--max-file" in run_badly("serve", folder, "--max-file", "7 apples")
    monkeypatch.setenv("SADARI_TOKEN", "x")
    assert "no address" in run_badly("serve", folder, "--host", "nobody.invalid")


def test_the_log_has_texts_where_they_are_asked_for(folders):
    settings = ServeSettings((("tfidf", folders["tfidf"]),), port=0, log_texts=True)
    with running(settings) as server:
        server.post("/classify", GOOD)
        wait_for(lambda: server.log.getvalue())
        assert json.loads(server.log.getvalue())["text"] == [TEXTS[0]]
