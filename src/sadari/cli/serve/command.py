"""``sadari serve``: let others ask a trained model over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sadari.cli.arguments import options
from sadari.errors import SettingError
from sadari.messages import message
from sadari.serve.lifecycle.run import serve as run
from sadari.serve.settings import Limits, ServeSettings, token_of_environment

EXAMPLES = """\b
Examples:
  sadari serve runs/news/model
  sadari serve quick=runs/news/tfidf best=models/bert --workers 2
  SADARI_TOKEN=… sadari serve runs/news/model --host 0.0.0.0

\b
Ask it:
  curl localhost:8000/predict -d '{"inputs": "Stocks fell on Friday"}'

\b
/predict      as text-embeddings-inference  /explain       each word's share
/, /models/M  as Hugging Face's task        /predict/file  CSV, JSONL, Parquet
/classify     as vLLM and SGLang            /info /docs /openapi.json
/v2/…         Open Inference Protocol       /health /metrics
"""
_SIZES = {"": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


@click.command(epilog=EXAMPLES)
@click.argument("models", nargs=-1, required=True, metavar="MODEL|NAME=MODEL…")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; others than loopback need a token.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8_000, show_default=True, help="0: a free one.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@click.option("--device", metavar="NAME", help="Of nets: cpu, cuda, mps or auto.  [default: cpu]")
@options.predict_precision
@click.option("--token-file", metavar="FILE", help="File with the token to ask for.  [default: $SADARI_TOKEN]")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name that it is called by; repeatable.")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="Site whose pages may read the answers; repeatable.")
@click.option("--max-file", default="100MiB", show_default=True, metavar="SIZE", help="Of a file to label.")
@click.option("--log-texts", is_flag=True, help="Put the texts into the log.")
def serve(models: tuple[str, ...], **asked: Any) -> None:
    """Answer over HTTP with one or more trained MODELS (folders), until Ctrl-C.

    A model is called as its folder is, or as NAME says; the first answers where a request names none.
    """
    token = token_of_environment() if asked["token_file"] is None else _token_in(asked["token_file"])
    settings = ServeSettings(
        models=tuple(map(_named, models)),
        host=asked["host"],
        port=asked["port"],
        token=token,
        allowed_hosts=asked["allow_host"],
        cors=asked["cors"],
        workers=asked["workers"],
        device=asked["device"],
        precision=asked["precision"],
        log_texts=asked["log_texts"],
        limits=Limits(file=parse_size(asked["max_file"])),
    )
    settings.check()
    from sadari.cli.serve.view import say_loading, say_started

    say_loading(settings)
    run(settings, lambda url: say_started(url, settings))


def _named(model: str) -> tuple[str, str]:
    """Name and folder of ``NAME=FOLDER``, or of a folder alone."""
    name, equals, folder = model.partition("=")
    if equals and name and "/" not in name and not Path(model).is_dir():
        return name, folder
    return Path(model).resolve().name or "model", model


def _token_in(file: str) -> str:
    """The first line of a file.

    Raises:
        SettingError: it cannot be read, or is empty.
    """
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingError(message("the token cannot be read: {error}", error=str(error))) from None
    if not token:
        raise SettingError(message("the file of the token is empty"), where=file)
    return token


def parse_size(text: str) -> int:
    """Bytes of ``"100MiB"``, ``"1GB"`` or ``"500000"``.

    Raises:
        SettingError: it is none of these, or 0.
    """
    digits = text.strip().rstrip("KMGTBkmgtbi ")
    unit = text.strip()[len(digits) :].strip().lower()
    size = int(digits) * _SIZES[unit] if digits.isascii() and digits.isdigit() and unit in _SIZES else 0
    if not size:
        raise SettingError(
            message("--max-file is {text!r}", text=text), hint=message("give a size such as 100MiB or 1GB")
        )
    return size
