"""A wall's geometry: displays, bezels and tiles in one system of pixels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.assets import example_center
from inventory.loader import load
from inventory.reach import RtspCheck, TcpCheck
from inventory.walls import Rectangle, Tile, Wall, stream_of, stream_url

ROWS = (("a", "b", "c"), ("d", "e", "f"))


def wall(**more: object) -> Wall:
    return Wall.model_validate(
        {
            "name": "main",
            "displays": ROWS,
            "processors": {"wp-1": {"outputs": {"DP-1": "a"}}},
            "layouts": {"first": {}, "second": {}},
            **more,
        }
    )


def test_displays_lie_behind_their_bezels() -> None:
    main = wall(resolution="1920x1080", picture="1209.6x680.4mm", bezel="3.5mm", bezel_down="14px")
    assert main.gaps_px == (6, 14)
    assert main.place_of("a") == Rectangle(0, 0, 1920, 1080)
    assert main.place_of("f") == Rectangle(2 * 1926, 1094, 1920, 1080)


@pytest.mark.parametrize(
    ("tile", "place"),
    [
        (Tile(), Rectangle(0, 0, 100, 50)),
        (Tile(columns=2), Rectangle(0, 0, 210, 50)),
        (Tile(column=2, row=2), Rectangle(110, 60, 100, 50)),
        (Tile(column=1.5, columns=0.5), Rectangle(50, 0, 50, 50)),
        (Tile(column=2.25, columns=1, rows=2), Rectangle(135, 0, 110, 110)),
    ],
)
def test_edges_on_the_grid_are_edges_of_displays(tile: Tile, place: Rectangle) -> None:
    # Too small for an inventory, and easy to reckon with.
    small = wall(bezel="10px").model_copy(update={"resolution": "100x50"})
    assert small.place_of_tile(tile) == place


@given(
    st.integers(0, 11), st.integers(1, 12), st.integers(0, 7), st.integers(1, 8), st.integers(0, 60)
)
def test_neighbours_never_share_a_pixel(
    column: int, columns: int, row: int, rows: int, gap: int
) -> None:
    main = wall(bezel=f"{gap}px")
    tile = Tile(column=1 + column / 4, row=1 + row / 4, columns=columns / 4, rows=rows / 4)
    right = Tile(column=tile.column + tile.columns, row=tile.row, columns=0.25, rows=tile.rows)
    below = Tile(column=tile.column, row=tile.row + tile.rows, columns=tile.columns, rows=0.25)
    place = main.place_of_tile(tile)
    assert not place.meets(main.place_of_tile(right))
    assert not place.meets(main.place_of_tile(below))
    assert place.width >= 1
    assert place.height >= 1


def test_a_wall_starts_with_its_first_layout_unless_it_says_otherwise() -> None:
    assert wall().first_layout == "first"
    assert wall(start="second").first_layout == "second"


def test_a_stream_is_found_by_its_title_and_read_at_the_camera() -> None:
    checks = (
        TcpCheck(tcp=80),
        RtspCheck(rtsp="/a"),
        RtspCheck(rtsp="rtsp://h:99/b?c", title="low"),
    )
    first, low = stream_of(checks, ""), stream_of(checks, "low")
    assert first is not None
    assert low is not None
    assert stream_url(first, "fd00::1") == "rtsp://[fd00::1]:554/a"
    assert stream_url(low, "10.0.0.1") == "rtsp://h:99/b?c"
    assert stream_of(checks, "high") is None


def test_the_example_wall_is_covered_by_its_layouts_without_gaps() -> None:
    main = load(example_center()).walls["main"]
    for layout in main.layouts.values():
        covered = sum(tile.columns * tile.rows for tile in layout.tiles.values())
        assert covered == pytest.approx(main.rows * main.columns)


def test_the_same_picture_may_stand_elsewhere_and_be_more_vital() -> None:
    here, there = Tile(camera="cam-1"), Tile(camera="cam-1", column=3, columns=2, vital=True)
    assert here.shows_same(there)
    assert not here.shows_same(Tile(camera="cam-2"))
