"""The pictures of the house show it as it is, and refuse to show imports that do not point down."""

from pathlib import Path

import pytest

from docs import draw_architecture, house
from tests import test_house


@pytest.mark.parametrize("path", draw_architecture.PICTURES, ids=lambda path: path.name)
def test_the_pictures_are_those_of_today_s_house(path: Path) -> None:
    up_to_date = path.read_text(encoding="utf-8") == draw_architecture.PICTURES[path]()
    assert up_to_date, f"rooms, modules or imports have changed: `make docs` draws docs/{path.name} anew"


def test_each_module_is_drawn_once() -> None:
    drawn = sorted(f"{room}/{module}" for room, modules in house.rooms().items() for module in modules)
    assert len(drawn) == len(set(drawn))
    files = [path for path in test_house.ROOT.rglob("*.py") if path.name != "__init__.py"]
    assert len(drawn) == len(files) + 1  # the package's own __init__


def test_an_import_is_an_arrow_or_follows_from_arrows() -> None:
    reached, arrows = {room: {room} for room in house.rooms()}, house.arrows()
    for _ in reached:
        for room, other in arrows:
            reached[room] |= reached[other]
    for module in test_house.MODULES:
        for imported in test_house.own_imports(module):
            upper, lower = (test_house.room_of(name).replace(".", "/") for name in (module, imported))
            upper, lower = (house.AT_THE_DOOR.get(room, room) for room in (upper, lower))
            assert any(room.startswith(lower) for room in reached[upper]), (module, imported)


def test_data_goes_through_rooms_that_there_are() -> None:
    for steps in draw_architecture.WAYS.values():
        assert {step[0] for step in steps[1::2]} <= house.rooms().keys()


def test_imports_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "attic/loft.py": "import made_cli.hall.door\n",
        "hall/door.py": "def enter():\n    from made_cli.cellar import coal\n    return coal\n",
        "hall/stairs.py": "if TYPE_CHECKING:\n    from made_cli.hall.door import enter\n    import numpy\n",
        "cellar.py": '"""Cellar: what is kept cool."""\n',
    }.items():
        (tmp_path / "made_cli" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made_cli" / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(house, "PACKAGE", tmp_path / "made_cli")
    assert house.rooms() == {"attic": ["loft"], "cellar": ["cellar"], "hall": ["door", "stairs"]}
    assert house.imports() == {"attic": {"hall"}, "hall": {"cellar"}, "cellar": set()}
    assert house.arrows() == [("attic", "hall"), ("hall", "cellar")]
    assert house.gist("cellar") == "What is kept cool."


def test_an_import_that_points_up_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    upward = house.imports() | {"core": {"training"}}
    monkeypatch.setattr(draw_architecture, "imports", lambda: upward)
    with pytest.raises(ValueError, match="core → training"):
        draw_architecture.draw_rooms()


def test_a_room_without_a_place_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(draw_architecture.PLACES, "attic", (0, 100))
    with pytest.raises(ValueError, match="attic"):
        draw_architecture.draw_rooms()
