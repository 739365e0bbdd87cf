"""Firmware: what is missing, old or wrong is replaced in the way of each kind of board; damaged and wrong files never reach one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.boot_drive import BootDrive, uf2
from fakes.esp32_rom import Esp32Rom, esp32_image
from rig import HASTY, Beside, Table, expected, files_on

from robots.board import profiles
from robots.flash.faults import Fault, FlashError
from robots.flash.firmware.images import check_esp32, check_microbit, read_uf2
from robots.flash.firmware.releases import Releases, ReleasesError, load_releases
from robots.virtual.board import VirtualBoard

Start = Callable[..., Beside]
NEW, OLD = "1.28.0", "1.20.0"
UF2 = uf2(say=b"MicroPython")


def release_folder(folder: Path, content: bytes, *, board: str = "rp2040", version: str = NEW, sha256: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "firmware.bin").write_bytes(content)
    (folder / "releases.toml").write_text(
        f'[[release]]\nname = "test-{version}"\nboard = "{board}"\nversion = "{version}"\nfile = "firmware.bin"\n'
        f'sha256 = "{sha256 or hashlib.sha256(content).hexdigest()}"\n'
    )
    return folder


def releases(tmp_path: Path, content: bytes = UF2, **facts: str) -> Releases:
    return load_releases(release_folder(tmp_path / "releases", content, **facts))


def with_boot_drive(table: Table, drives: list[BootDrive], **facts: object) -> VirtualBoard:
    """A board that shows a boot drive when it is sent there, and runs the new MicroPython when it has it."""

    def enter(board: VirtualBoard) -> None:
        def flashed(image: dict[int, bytes]) -> None:
            board.firmware = NEW
            board.plug_in(wait=False)

        drives.append(BootDrive(table.drives, on_flashed=flashed, name=f"RPI-RP2-{board.serial}", **facts))  # type: ignore[arg-type]

    return table.add(firmware=OLD, on_bootloader=enter)


@pytest.fixture
def drives() -> list[BootDrive]:  # type: ignore[misc]
    made: list[BootDrive] = []
    yield made
    for drive in made:
        drive.close()


def test_old_firmware_is_replaced_over_the_boot_drive_and_the_board_goes_on_to_good(
    table: Table, station: Start, tmp_path: Path, drives: list[BootDrive]
) -> None:
    board = with_boot_drive(table, drives)
    beside = station(releases=releases(tmp_path))
    view = beside.view()
    assert view.kind == "good", view
    assert b"".join(drives[0].image.values())[:11] == b"MicroPython"
    assert files_on(board) == dict(expected().hashes)
    assert beside.log.rows()[0]["firmware"] == NEW


def test_three_boards_with_old_firmware_each_get_their_own(table: Table, station: Start, tmp_path: Path, drives: list[BootDrive]) -> None:
    boards = [with_boot_drive(table, drives) for _ in range(3)]
    beside = station(releases=releases(tmp_path))
    assert [view.kind for view in beside.done(3)] == ["good"] * 3
    assert {board.firmware for board in boards} == {NEW}


def test_a_board_put_in_with_its_button_held_gets_firmware_and_comes_back(
    table: Table, station: Start, tmp_path: Path, drives: list[BootDrive]
) -> None:
    board = table.add()
    board.unplug()
    drives.append(BootDrive(table.drives, on_flashed=lambda image: board.plug_in(wait=False)))
    beside = station(releases=releases(tmp_path))
    beside.wait_for(lambda views: any(view.uid == board.serial and view.kind == "good" for view in views))
    assert [row["verdict"] for row in beside.log.rows()] == ["firmware", "good"]


def test_right_firmware_is_left_as_it_is(table: Table, station: Start, tmp_path: Path) -> None:
    board = table.add(firmware=NEW)
    assert station(releases=releases(tmp_path)).view().kind == "good"
    assert not any(event["ev"] == "bootloader" for event in board.events)


def test_a_drive_that_does_not_take_it_is_told(
    table: Table, station: Start, tmp_path: Path, drives: list[BootDrive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robots.flash.firmware.drives.LEAVE_SECONDS", 1.0)
    with_boot_drive(table, drives, deaf=True)
    # The drive is still there, and is tried once more in a row of its own.
    view = station(releases=releases(tmp_path)).wait_for(lambda views: views and views[0].fault)[0]
    assert view.fault is Fault.DRIVE_REFUSED
    assert "BOOTSEL" in view.todo


def test_no_drive_is_told(table: Table, station: Start, tmp_path: Path) -> None:
    table.add(firmware=OLD)
    view = station(releases=releases(tmp_path), drive_seconds=0.5).view()
    assert view.fault is Fault.NO_DRIVE


@pytest.mark.parametrize(
    ("content", "why"),
    [(UF2[:-100], "cut off"), (UF2[:-512], "missing"), (uf2(0xE48BFF59), "another chip"), (b"junk" * 128, "no UF2"), (b"", "cut off")],
)
def test_a_damaged_or_wrong_file_never_reaches_the_board(table: Table, station: Start, tmp_path: Path, content: bytes, why: str) -> None:
    board = table.add(firmware=OLD)
    view = station(releases=releases(tmp_path, content)).view()
    assert view.fault is Fault.BAD_RELEASE
    assert why in view.what
    assert board.plugged and not any(event["ev"] == "bootloader" for event in board.events)


def test_a_file_other_than_the_list_says_is_refused(tmp_path: Path) -> None:
    found = releases(tmp_path, sha256="0" * 64)
    with pytest.raises(FlashError, match="SHA-256"):
        found.read(found.all[0])


@pytest.mark.parametrize("text", ["", "[[release]]\nname = 'x'\n", "not toml [", "[[release]]\nfile = '../etc/passwd'\n"])
def test_a_list_that_makes_no_sense_is_told(tmp_path: Path, text: str) -> None:
    if text:
        (tmp_path / "releases.toml").write_text(text)
    with pytest.raises(ReleasesError, match=r"releases\.toml"):
        load_releases(tmp_path)


# --------------------------------------------------------------------------------------------- ESP32
@pytest.fixture
def esp32(table: Table) -> Callable[..., tuple[Esp32Rom, VirtualBoard]]:  # type: ignore[misc]
    made: list[Esp32Rom] = []

    def start(*, spoil: int | None = None) -> tuple[Esp32Rom, VirtualBoard]:
        board = table.add("esp32")
        board.unplug()
        link = Path(board.port)

        def verified() -> None:  # the chip starts the new program behind the same serial chip
            rom.close()
            table.remove_ports()
            board.plug_in(wait=False)

        rom = Esp32Rom(link, spoil=spoil, on_verified=verified)
        made.append(rom)
        table.add_port(link, profiles()["esp32"], board.serial)
        return rom, board

    yield start
    for rom in made:
        rom.close()


def test_an_empty_esp32_gets_firmware_over_its_serial_port_and_goes_on_to_good(
    table: Table, station: Start, tmp_path: Path, esp32: Callable[..., tuple[Esp32Rom, VirtualBoard]]
) -> None:
    image = esp32_image()
    rom, board = esp32()
    view = station(releases=releases(tmp_path, image, board="esp32"), enter_seconds=HASTY).view(90)
    assert view.kind == "good", view
    assert rom.flash[0x1000 : 0x1000 + len(image)] == image
    assert rom.refused == []
    assert files_on(board) == dict(expected(profile="esp32").hashes)


def test_an_esp32_whose_flash_keeps_a_byte_wrong_is_found(
    table: Table, station: Start, tmp_path: Path, esp32: Callable[..., tuple[Esp32Rom, VirtualBoard]]
) -> None:
    esp32(spoil=0x12345)
    view = station(releases=releases(tmp_path, esp32_image(), board="esp32"), enter_seconds=HASTY).view(90)
    assert view.fault is Fault.FIRMWARE_VERIFY
    assert "つかわないでください" in view.todo


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (esp32_image()[:-5_000], "cut off"),
        (esp32_image(chip=9), "another chip"),
        (esp32_image()[:1000], "too short"),
        (bytes(0x40000), "no boot loader"),
    ],
)
def test_damaged_and_wrong_esp32_images_are_refused(image: bytes, why: str) -> None:
    with pytest.raises(FlashError, match=why):
        check_esp32(image)


# --------------------------------------------------------------------------------------------- micro:bit
def hex_line(kind: int, address: int, content: bytes) -> str:
    record = bytes([len(content)]) + address.to_bytes(2, "big") + bytes([kind]) + content
    return f":{(record + bytes([-sum(record) & 0xFF])).hex().upper()}\n"


def microbit_hex(*, ram_end: int = 0x20020000, end: bool = True) -> bytes:
    lines = [hex_line(4, 0, b"\0\0"), hex_line(0, 0, ram_end.to_bytes(4, "little") + bytes(12))]
    lines += [hex_line(0, 16 * number, bytes(range(16))) for number in range(1, 50)]
    return "".join([*lines, hex_line(1, 0, b"") if end else ""]).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [(microbit_hex(end=False), "cut off"), (microbit_hex()[:-30], "cut off"), (microbit_hex(ram_end=0x20004000), "V1"),
     (microbit_hex().replace(b"0F", b"0E", 1), "no Intel hex"), (b"\0\1\2", "no Intel hex")],
)  # fmt: skip
def test_damaged_and_wrong_hex_files_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(FlashError, match=why):
        check_microbit(content)


def test_whole_files_are_taken() -> None:
    check_microbit(microbit_hex())
    check_esp32(esp32_image())
    assert len(read_uf2(UF2, "rp2040")) == 40
