"""Files named .csv that are something else are refused by what they are."""

import io
import json
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from made_cli.tables.files.reading import read_table
from tests.tables.files.small import records, refused, save

FRAME = pd.DataFrame({"name": ["Ada, Countess", "Bob"], "n": [1, 2]})


@pytest.mark.parametrize(
    "text",
    [
        FRAME.to_json(orient="records"),
        FRAME.to_json(orient="records", lines=True),
        FRAME.to_json(orient="split"),
        json.dumps(FRAME.to_dict("list"), indent=2),
        json.dumps({"type": "FeatureCollection", "features": []}),
        "[[1, 2], [3, 4]]",
        "\n [1,\n 2]",
        '[{"a": 1, "b": 2},\n{"a": 3',
        "{'a': 1, 'b': 2}\n{'a': 3, 'b': 4}\n",
    ],
)
def test_json_is_refused_as_json(text: str, tmp_path: Path) -> None:
    assert refused(save(tmp_path / "t.csv", text.encode())).endswith("no text table but JSON")


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        (b"% made by Weka\n%\n@RELATION iris\n@attribute a numeric\n@data\n1\n", "an ARFF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a pointer of Git LFS to a file"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", "a certificate or a key (PEM)"),
        (pickle.dumps(FRAME), "a Python pickle"),
        (b"FEA1\0\0\0\0" + bytes(40) + b"FEA1", "a Feather file"),
        (b"\xff\xff\xff\xff\x78\0\0\0", "an Arrow stream"),
    ],
)
def test_other_forms_of_data_are_refused_by_name(raw: bytes, form: str, tmp_path: Path) -> None:
    assert refused(save(tmp_path / "t.csv", raw)).endswith(f"no text table but {form}")


def test_brackets_alone_are_no_json(tmp_path: Path) -> None:
    assert records(read_table(save(tmp_path / "t.csv", b"[id],[name]\n1,x\n")))[0] == ["[id]", "[name]"]
    assert records(read_table(save(tmp_path / "t.csv", b'tags\n"[1, 2]"\n')))[1] == ["[1, 2]"]


def test_a_column_may_be_named_as_a_page_begins(tmp_path: Path) -> None:
    assert records(read_table(save(tmp_path / "t.csv", b"<HTML,n\n1,2\n"))) == [["<HTML", "n"], ["1", "2"]]


@pytest.mark.parametrize("text", [FRAME.to_html(), "<!DOCTYPE html>\n<p>Sign in", "  <HTML><body>no such file"])
def test_a_web_page_is_refused_as_one(text: str, tmp_path: Path) -> None:
    assert refused(save(tmp_path / "t.csv", text.encode())).endswith("no text table but a web page (HTML)")


def test_xml_is_refused_and_a_name_in_angles_is_not(tmp_path: Path) -> None:
    assert "an XML document" in refused(save(tmp_path / "t.csv", b'<?xml version="1.0"?>\n<a/>'))
    assert "an XML document" in refused(save(tmp_path / "t.csv", b"<rows>\n<row a='1'/>\n</rows>"))
    assert records(read_table(save(tmp_path / "t.csv", b"<5,>=5\n1,2\n")))[0] == ["<5", ">=5"]
    assert records(read_table(save(tmp_path / "t.csv", b"<DATE>,<TIME>\nx,2\n")))[0] == ["<DATE>", "<TIME>"]


def zipped(member: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr(member, "x" * 200)
    return file.getvalue()


def test_archives_and_sheets_are_told_apart(tmp_path: Path) -> None:
    for member, form in {
        "t.csv": "a zip archive",
        "xl/workbook.xml": "an Excel workbook (.xlsx)",
        "application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument spreadsheet (.ods)",
    }.items():
        assert refused(save(tmp_path / "t.csv", zipped(member))).endswith(f"no text table but {form}")
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        archive.add(save(tmp_path / "a.csv", b"a,b\n"))
    assert "a tar archive" in refused((tmp_path / "t.tar").rename(tmp_path / "tar.csv"))


def test_databases_and_columnar_files_are_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "sqlite.csv") as base:
        base.execute("create table t (a)")
    FRAME.to_feather(tmp_path / "feather.csv")
    assert "an SQLite database" in refused(tmp_path / "sqlite.csv")
    assert "an Arrow or Feather file" in refused(tmp_path / "feather.csv")
    assert "a PDF document" in refused(save(tmp_path / "t.csv", b"%PDF-1.7\n%\xe2\xe3"))


def test_a_first_column_may_be_named_like_a_form(tmp_path: Path) -> None:
    for name in ("ORC", "PAR1", "ARROW1", "RDX"):
        assert records(read_table(save(tmp_path / "t.csv", f"{name},b\n1,2\n".encode())))[0] == [name, "b"]
