"""Every error is one line and one line of what to do next, with the exit code that the design gives it."""

import shutil
from pathlib import Path

import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made
from tests.runs.damage import change_record

BRIEF = ("--hidden", "8", "--epochs", "2")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train",), ["DATA"]),
        (("train", "t.csv"), ["--out"]),
        (("nonsense",), ["nonsense"]),
        (("score", "run", "t.csv", "--nonsense"), ["--nonsense"]),
        (("sample", "run", "-n", "0"), ["-n", "1"]),
        (("sample", "run", "-n", "many"), ["-n"]),
        (("score", "run", "t.csv", "--combine", "nonsense"), ["nonsense"]),
        (("score", "run", "t.csv", "--device", "nonsense"), ["nonsense"]),
        (("ensemble-eval", "run", "t.csv", "--permutations", "2,x"), ["--permutations", "2,x"]),
        (("train", "t.csv", "--out", "new", "--orderings", "some"), ["--orderings", "some", "natural"]),
        (("train", "t.csv", "--out", "new", "--orderings", "0"), ["--orderings", "0"]),
        (("train", "t.csv", "--out", "new", "--hidden", "8,x"), ["--hidden", "8,x"]),
        (("train", "t.csv", "--out", "new", "--hidden", ""), ["--hidden"]),
        (("train", "t.csv", "--out", "new", "--dropout", "1"), ["--dropout", "1"]),
        (("train", "t.csv", "--out", "new", "--epochs", "0"), ["--epochs", "0"]),
        (("train", "t.csv", "--out", "new", "--valid", "1.5"), ["--valid", "1.5"]),
        (("train", "t.csv", "--out", "new", "--time-limit", "5 days"), ["--time-limit", "5 days", "10m"]),
        (("train", "t.csv", "--out", "new", "--time-limit", "0"), ["--time-limit"]),
        (("train", "t.csv", "--out", "new", "--seed", "-1"), ["--seed", "-1"]),
        (("train", "t.csv", "--out", "new", "--kind", "age"), ["--kind", "NAME=VALUE"]),
        (("train", "t.csv", "--out", "new", "--kind", "age=colour"), ["age=colour", "numeric"]),
        (("train", "t.csv", "--out", "new", "--drop", "nothing"), ["nothing", "'pay'"]),
        (("schema", "t.csv", "--delimiter", "ab"), ["--delimiter", "ab"]),
        (("schema", "t.csv", "--encoding", "utf-99"), ["--encoding", "utf-99"]),
    ],
)
def test_wrong_usage_is_2(
    arguments: tuple[str, ...], words: list[str], run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tables)
    error(made(*arguments), Exit.USAGE, *words)
    assert not (tables / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "t.csv", "--out", "new", "--epochs", "-1"), "--epochs -1: input should be greater than 0"),
        (("train", "t.csv", "--out", "new", "--hidden", "8,0"), "--hidden 8,0: input should be greater than 0"),
        (("train", "t.csv", "--out", "new", "--kind", "age=colour"), "--kind age=colour: no such kind"),
        (("train", "t.csv", "--out", "new", "--time-limit", "0"), "--time-limit 0.0: input should be greater than 0"),
        (("schema", "t.csv", "--kind", "age=colour"), "--kind age=colour: no such kind"),
        (("compare", "t.csv", "t.csv", "--kind", "age"), "--kind 'age': write NAME=VALUE"),
        (("ensemble-eval", "run", "t.csv", "--confidence", "2"), "--confidence 2.0: input should be less than 1"),
        (("ensemble-eval", "run"), "name a run folder and the rows to evaluate on"),
        (("impute", "run", "t.csv", "--mode", "most-likely", "--draws", "2"), "--draws: the most likely values"),
        (("sample", "run"), "-n: say how many rows"),
        (("score", "run", "t.csv", "--seed", "-1"), "--seed: -1 is not between 0 and"),
        (("sample", "run", "-n", "many"), "-n many: not a whole number"),
        (("sample", "run", "-n", "0"), "-n 0: input should be greater than or equal to 1"),
        (("query", "run", "one", "--samples", "1.5"), "--samples 1.5: not a whole number"),
        (("train", "t.csv", "--out", "new", "--objective", "x"), "--objective x: 'x' is not one of 'bound', 'mix"),
    ],
)
def test_the_hint_names_the_help_of_the_command_that_was_typed(
    arguments: tuple[str, ...], message: str, run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tables)
    said, hint = made(*arguments).err.splitlines()
    assert said.startswith(f"Error: {message}")
    assert hint == f"See `made {arguments[0]} --help`."


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("MADE_SAMPLE_ROWS", "many", "not a whole number"),
        ("MADE_SAMPLE_FORCE", "perhaps", "neither true nor false"),
        ("MADE_SAMPLE_COMBINE", "sum", "'sum' is not one of 'mixture',"),
    ],
)
def test_a_wrong_value_of_a_variable_is_told_with_its_name(
    variable: str, value: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    said, hint = made("sample", "run").err.splitlines()
    assert said.startswith(f"Error: the variable {variable} = {value}: {problem}")
    assert hint == "See `made sample --help`."


def test_a_variable_out_of_its_range_is_told_with_its_name(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tables)
    monkeypatch.setenv("MADE_TRAIN_DROPOUT", "7")
    done = made("train", "t.csv", "--out", "new")
    error(done, Exit.USAGE, "Error: the variable MADE_TRAIN_DROPOUT = 7.0: input should be less than 1")
    monkeypatch.delenv("MADE_TRAIN_DROPOUT")
    monkeypatch.setenv("MADE_TRAIN_SEED", "x")
    error(made("train", "t.csv", "--out", "new"), Exit.USAGE, "Error: the variable MADE_TRAIN_SEED = x: not a whole")
    monkeypatch.delenv("MADE_TRAIN_SEED")
    monkeypatch.setenv("MADE_SCORE_SEED", "-1")
    error(made("score", "run", "t.csv"), Exit.USAGE, "Error: the variable MADE_SCORE_SEED: -1 is not between 0 and")


def test_a_stored_setting_out_of_its_range_is_a_damaged_run(run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    change_record(folder, lambda record: record["training"].update(averaging=2.0))
    error(made("info", folder), Exit.RUN_REFUSED, "run.json is damaged", "training.averaging", "less than 1")


def test_more_permutations_than_there_are_is_2(ordered: Path, tables: Path) -> None:
    for command in (("score", ordered, tables / "t.csv"), ("sample", ordered, "-n", "1")):
        error(made(*command, "--permutations", "5"), Exit.USAGE, "4 members", "5 asked for", "--questions any")
    done = made("ensemble-eval", ordered, tables / "t.csv", "--permutations", "1,5")
    error(done, Exit.USAGE, "--questions any")


def test_bad_data_is_3(run: Path, tables: Path, tmp_path: Path) -> None:
    error(made("schema", tables / "nothing.csv"), Exit.BAD_DATA, "nothing.csv", "No such file")
    error(made("train", tables / "ragged.csv", "--out", tmp_path / "x"), Exit.BAD_DATA, "ragged.csv, line 8", "5")
    error(made("score", run, tables / "ragged.csv"), Exit.BAD_DATA, "line 8: 2 cells where the header has 5")
    error(made("train", tables / "header.csv", "--out", tmp_path / "x"), Exit.BAD_DATA, "no rows")
    error(made("ensemble-eval", run, tables / "header.csv"), Exit.BAD_DATA, "no rows")
    error(made("score", run, tables / "t.npz"), Exit.BAD_DATA, "train, test")
    error(made("score", run, tables / "t.npz:none"), Exit.BAD_DATA, "none")
    error(made("score", run, "-", stdin=b""), Exit.BAD_DATA, "standard input", "empty")
    assert not (tmp_path / "x").exists()


def test_a_refused_run_folder_is_4(run: Path, tables: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "damaged")
    (tmp_path / "damaged" / "networks" / "0.safetensors").write_bytes(b"nothing")
    for command in (
        ("score", "?", tables / "t.csv"),
        ("sample", "?", "-n", "1"),
        ("ensemble-eval", "?", tables / "t.csv"),
    ):
        for folder in (tmp_path / "damaged", tmp_path / "nothing", tables):
            name, _, *rest = command
            error(made(name, folder, *rest), Exit.RUN_REFUSED, str(folder))
    error(made("info", tables), Exit.RUN_REFUSED, "not a run folder")


def test_a_taken_folder_is_4(run: Path, tables: Path, tmp_path: Path) -> None:
    before = (run / "manifest.json").read_bytes()
    error(made("train", tables / "t.csv", "--out", run, *BRIEF), Exit.RUN_REFUSED, "already holds a run", "--force")
    assert (run / "manifest.json").read_bytes() == before
    for options in ((), ("--force",)):
        error(made("train", tables / "t.csv", "--out", tables, *BRIEF, *options), Exit.RUN_REFUSED, "in the way")
        error(made("train", tables / "t.csv", "--out", tables / "t.data", *BRIEF, *options), Exit.RUN_REFUSED)
    error(
        made("train", tables / "t.csv", "--out", run, "--resume"),
        Exit.RUN_REFUSED,
        "training has ended",
        "--time-limit 5m",
    )
    error(made("train", tables / "t.csv", "--out", tmp_path / "no", "--resume"), Exit.RUN_REFUSED, "not a run folder")


def test_a_training_that_has_ended_is_told_before_its_table_is_read(run: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.csv"
    error(made("train", nothing, "--out", run, "--resume"), Exit.RUN_REFUSED, "training has ended", "--time-limit 5m")
    error(made("train", nothing, "--out", run, "--resume", "--epochs", "1"), Exit.BAD_DATA, "nothing.csv")


def test_a_table_in_the_place_of_the_run_is_told_which_comes_first(run: Path, tables: Path) -> None:
    swapped = made("score", tables / "t.csv", run)
    error(
        swapped, Exit.RUN_REFUSED, f"{tables / 't.csv'} is not a run folder: it is a file", "The run folder comes first"
    )


def test_data_that_do_not_fit_the_schema_are_5(run: Path, tables: Path) -> None:
    error(made("score", run, tables / "no_pay.csv"), Exit.SCHEMA_MISMATCH, "no column 'pay'")
    error(made("score", run, tables / "young.csv"), Exit.SCHEMA_MISMATCH, "young.csv, line 8, column 'age'", "'young'")
    error(made("train", tables / "t.npz:train", "--out", run, "--resume", "--epochs", "1"), Exit.SCHEMA_MISMATCH)


def test_an_output_problem_is_6_and_comes_before_any_work(run: Path, tables: Path, tmp_path: Path) -> None:
    for name in ("scores.xlsx", "no/such/folder/scores.csv"):
        error(made("score", run, tables / "nothing.csv", "-o", tmp_path / name), Exit.OUTPUT, name)
        error(made("sample", run, "-n", "1", "-o", tmp_path / name), Exit.OUTPUT, name)
    (tmp_path / "folder.csv").mkdir()
    error(made("sample", run, "-n", "1", "-o", tmp_path / "folder.csv"), Exit.OUTPUT, "it is a folder")
    error(made("train", tables / "t.csv", "--out", tables / "t.csv" / "run", *BRIEF, "-q"), Exit.OUTPUT)


def test_a_training_that_diverged_is_7(tables: Path, tmp_path: Path) -> None:
    done = made("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF, "--learning-rate", "1e30", "-q")
    error(done, Exit.DIVERGED, "diverged", "--learning-rate")


def test_a_defect_of_the_program_is_no_users_error(run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("made_cli.tables.files.several.read_table", broken)
    with pytest.raises(RuntimeError, match="a defect"):  # python's own exit code for it is 1
        made("score", run, tables / "t.csv")


def test_terms_of_a_column_named_like_the_total_are_refused(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("log_prob,a\n" + "1,0\n0,1\n" * 20)
    made("train", tmp_path / "t.csv", "--out", tmp_path / "run", *BRIEF)
    error(made("score", tmp_path / "run", tmp_path / "t.csv", "--per-column"), Exit.USAGE, "log_prob")
    assert made("score", tmp_path / "run", tmp_path / "t.csv").code == 0


def test_a_table_that_is_read_is_never_written_over(run: Path, tables: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    shutil.copy(tables / "t.csv", path)
    (tmp_path / "link.csv").symlink_to(path)
    before = path.read_bytes()
    for command in (("score", run, path), ("impute", run, path), ("sample", run, "--given-file", path)):
        for name in ("t.csv", "link.csv"):
            error(made(*command, "-o", tmp_path / name), Exit.OUTPUT, name, "it is the table that is read")
    assert path.read_bytes() == before


def test_what_was_meant_is_asked(run: Path, tables: Path) -> None:
    error(made("query", run, "city == 'ulm '"), Exit.USAGE, "Is it 'Ulm'? ")
    error(made("info", run.with_name("rnu")), Exit.RUN_REFUSED, f"Is it '{run}'? Runs beside it: ")
    error(made("info", tables), Exit.RUN_REFUSED, "Runs in it: ", repr(str(run)))
    error(made("sample", run, "-n", "1", "--given", "age"), Exit.USAGE, "--given 'age'", "NAME=VALUE", "made score")
