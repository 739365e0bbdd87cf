"""Deliveries that are damaged, saved in another encoding, or meant to harm."""

from __future__ import annotations

import zipfile

import pytest

from hub.roster import RosterError, apply_oneroster, source


def refused(roster, place) -> str:
    with pytest.raises(RosterError) as caught:
        apply_oneroster(roster, place)
    assert roster.people() == []
    return str(caught.value)


def test_utf_8_with_a_byte_order_mark_is_read(roster, delivery):
    place = delivery.save()
    for file in place.glob("*.csv"):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    apply_oneroster(roster, place)
    assert len(roster.people()) == 16


@pytest.mark.parametrize(("encoding", "says"), [("cp932", "Shift_JIS"), ("utf-16", "UTF-16"), ("euc-jp", "UTF-8")])
def test_another_encoding_is_named_with_the_remedy(roster, delivery, encoding, says):
    place = delivery.save()
    users = place / "users.csv"
    users.write_bytes(users.read_text(encoding="utf-8").encode(encoding))
    message = refused(roster, place)
    assert "1 か所" in message, "one cause, one report"
    assert says in message and "UTF-8 にして保存し直してください" in message


@pytest.mark.parametrize("inside", ["../users.csv", "/etc/users.csv", "a/b/users.csv", "..\\users.csv", "C:/users.csv"])
def test_a_zip_that_points_outside_is_refused(roster, delivery, inside):
    place = delivery.save_zip()
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr(inside, "sourcedId\n")
    assert "外や深い場所" in refused(roster, place)


def test_a_link_in_a_zip_or_a_folder_is_refused(roster, delivery, tmp_path):
    place = delivery.save_zip()
    link = zipfile.ZipInfo("courses2.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "リンク" in refused(roster, place)
    folder = delivery.save()
    (folder / "users.csv").rename(tmp_path / "elsewhere.csv")
    (folder / "users.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "リンク" in refused(roster, folder)


def test_a_zip_bomb_is_cut_off(roster, delivery, monkeypatch):
    monkeypatch.setattr(source, "MAX_FILE_BYTES", 1_000_000)
    place = delivery.save_zip()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.csv", b"0" * 50_000_000)
        archive.writestr("manifest.csv", "propertyName,value\nfile.users,bulk\n")
    assert place.stat().st_size < 100_000
    assert "大きすぎます" in refused(roster, place)


def test_a_zip_with_too_many_files_or_two_of_one_name_is_refused(roster, tmp_path):
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.csv", "")
    assert "多すぎます" in refused(roster, tmp_path / "many.zip")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a/users.csv", "")
        archive.writestr("b/users.csv", "")
    assert "2 つ" in refused(roster, tmp_path / "two.zip")


def test_a_damaged_zip_is_refused_kindly(roster, delivery):
    place = delivery.save_zip()
    data = bytearray(place.read_bytes())
    for at in range(200, 600):
        data[at] ^= 0x5A
    place.write_bytes(data)
    assert "→" in refused(roster, place)


def test_something_that_is_no_delivery_at_all_is_refused(roster, tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    assert "ZIP" in refused(roster, tmp_path / "note.txt")
    assert "見つかりません" in refused(roster, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "ファイルがありません" in refused(roster, tmp_path / "empty")
