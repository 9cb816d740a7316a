"""The picture of the rooms: each room stands on it once, above all that it imports, and it is what the script draws."""

import pytest

from draw_house import FLOORS, PICTURES, house
from test_house import FILES, ROOMS, imported_rooms, room_of

# The floor of each room, and its place on it.
PLACES = {name: (floor, place) for floor, (_, rooms) in enumerate(FLOORS) for place, name in enumerate(rooms)}


def test_every_room_is_drawn():
    assert set(PLACES) == {room_of(path) for path in FILES} - {"__init__", "__main__"}
    assert set(PLACES) <= set(ROOMS)


def test_a_room_stands_above_what_it_imports():
    imports = {(room_of(path), other) for path in FILES for other in imported_rooms(path)}
    rooms = {(room, other) for room, other in imports if room != other and {room, other} <= set(PLACES)}
    assert not {(room, other) for room, other in rooms if PLACES[other] > PLACES[room]}


@pytest.mark.parametrize(("lang", "file"), [("en", "rooms.svg"), ("ko", "rooms.ko.svg")])
def test_the_picture_is_what_the_script_draws(lang: str, file: str):
    """After a change of the rooms: ``python tools/draw_house.py``."""
    assert (PICTURES / file).read_text(encoding="utf-8") == house(lang)
