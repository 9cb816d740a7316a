"""What a JSON body must hold, checked with the place of what is wrong."""

from __future__ import annotations

from typing import Any, TypeVar

from sadari.messages import message
from sadari.serve.http.refused import Refused, past_limit
from sadari.serve.settings import Limits

Kind = TypeVar("Kind")
_NAMES = {
    str: message("a string"),
    bool: message("true or false"),
    int: message("a whole number"),
    dict: message("an object"),
    list: message("a list"),
}


def an_object(value: Any) -> dict[str, Any]:
    """The body itself, which must be an object.

    Raises:
        Refused: it is something else.
    """
    if type(value) is not dict:
        raise Refused(422, message("the body must be {wanted}", wanted=_NAMES[dict]))
    return value


def field(body: dict[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    """An entry that may be missing or null.

    Raises:
        Refused: it is of another type.
    """
    value = body.get(name)
    if value is not None and type(value) is not kind:
        raise Refused(422, message("must be {wanted}", wanted=_NAMES[kind]), where=name)
    return value


def choice(body: dict[str, Any], name: str, among: tuple[str, ...]) -> str | None:
    """An entry that is one of some words, or missing.

    Raises:
        Refused: it is something else.
    """
    value = body.get(name)
    if value is not None and value not in among:
        raise Refused(422, message("must be one of: {among}", among=", ".join(among)), where=name)
    return value


def whole_number(body: dict[str, Any], name: str) -> int | None:
    """An entry that is a whole number from 1 on, or missing.

    Raises:
        Refused: it is something else, or too small.
    """
    value = body.get(name)
    if type(value) is float and value.is_integer():  # which is the same number in JSON
        value = int(value)
    if value is not None and type(value) is not int:
        raise Refused(422, message("must be {wanted}", wanted=_NAMES[int]), where=name)
    if value is not None and value < 1:
        raise Refused(422, message("must be at least {least}", least=1), where=name)
    return value


def required(body: dict[str, Any], name: str) -> Any:
    """An entry that must be there.

    Raises:
        Refused: it is not.
    """
    if name not in body:
        raise Refused(422, message("the body has no {name!r}", name=name))
    return body[name]


def one_or_several(body: dict[str, Any], name: str, limits: Limits) -> list[str]:
    """The texts of an entry that is a text or a list of texts.

    Raises:
        Refused: it is not there, is something else, empty or too long.
    """
    value = required(body, name)
    if type(value) not in (str, list):
        raise Refused(422, message("must be a text, or a list of texts"), where=name)
    return texts_in([value] if type(value) is str else value, name, limits)


def texts_in(value: Any, where: str, limits: Limits) -> list[str]:
    """A list of texts, as many and as long as may be.

    Raises:
        Refused: it is something else, empty, too long, or one of the texts is.
    """
    if type(value) is not list:
        raise Refused(422, message("must be {wanted}", wanted=_NAMES[list]), where=where)
    if not value:
        raise Refused(422, message("holds no text"), where=where)
    if len(value) > limits.texts:
        raise past_limit(
            422,
            message("there are {count:,} texts; {most:,} is the limit", count=len(value), most=limits.texts),
            "texts",
            limits.texts,
            where=where,
        )
    for place, text in enumerate(value):
        if type(text) is not str:
            raise Refused(422, message("must be {wanted}", wanted=_NAMES[str]), where=f"{where}[{place}]")
        if len(text) > limits.characters:
            raise past_limit(
                422,
                message(
                    "the text has {count:,} characters; {most:,} is the limit", count=len(text), most=limits.characters
                ),
                "characters",
                limits.characters,
                where=f"{where}[{place}]",
            )
    return value
