"""What each command does when all goes well."""

import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.main import get_group

from made_cli import load
from made_cli.cli import app
from made_cli.cli.messages import Messages
from made_cli.config import BATCH_SIZES_SHOWN, DROPOUT_SHOWN, HIDDEN_SHOWN, ORDERINGS, STEPS_SHOWN, TrainingConfig
from made_cli.errors import Exit
from tests.cli.program import made

BRIEF = ("--hidden", "8", "--epochs", "2")
COMMANDS = get_group(app.app).commands


def scores(text: str) -> list[float]:
    header, *lines = text.splitlines()
    assert header == "log_prob"
    return [float(line) for line in lines]


def test_every_command_has_an_example_whose_options_exist() -> None:
    for name, command in COMMANDS.items():
        _, found, example = (command.help or "").partition("Example: ")
        assert found, name
        words = example.split("\n\n")[0].split(">")[0].split()
        assert words[:2] == ["made", name]
        command.make_context(name, words[2:])  # parses, and complains of what it does not know


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_on_standard_output_and_names_every_option(name: str) -> None:
    done = made(name, "--help")
    assert (done.code, done.err) == (0, "")
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "option":
            assert max(parameter.opts, key=len) in done.out


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_shows_no_value_for_a_flag(command: tuple[str, ...]) -> None:
    out = made(*command, "--help").out
    assert "bool" not in out
    assert re.search(r"--help +-h +Show this message", out)


def test_help_shows_the_defaults_where_they_are_decided() -> None:
    out = " ".join(re.sub("[│╭╮╰╯─]", " ", made("train", "--help").out).split())
    config = TrainingConfig()
    for shown in (DROPOUT_SHOWN, STEPS_SHOWN, BATCH_SIZES_SHOWN, HIDDEN_SHOWN, f"{config.validation}", f"{ORDERINGS}"):
        assert f"[default: {shown}]" in out or f"[default: ({shown})]" in out


def test_made_by_itself_shows_the_commands() -> None:
    assert all(name in made().out for name in COMMANDS)
    assert made("--version").out.startswith("made 0.")


def test_made_by_itself_shows_first_commands_that_exist() -> None:
    lines = [re.split("  +", line.strip())[0].split() for line in made().out.splitlines() if "   made " in line]
    assert [words[1] for words in lines] == ["schema", "train", "score", "sample"]
    for _, name, *words in lines:
        COMMANDS[name].make_context(name, words)
    assert "your.csv" not in made("--help").out


@pytest.mark.parametrize("data", ["t.csv", "t.tsv.gz", "t.parquet", "t.npz:train"])
def test_every_form_of_data_trains_and_scores(data: str, tables: Path, tmp_path: Path) -> None:
    assert made("train", tables / data, "--out", tmp_path / "run", *BRIEF).code == 0
    done = made("score", tmp_path / "run", tables / data)
    assert done.code == 0
    assert len(scores(done.out)) == 120


def test_standard_input_trains_and_scores(tables: Path, tmp_path: Path) -> None:
    data = (tables / "t.csv").read_bytes()
    assert made("train", "-", "--out", tmp_path / "run", *BRIEF, stdin=data).code == 0
    assert len(scores(made("score", tmp_path / "run", "-", stdin=data).out)) == 120


def test_bare_rows_of_bits_train_and_score(tables: Path, tmp_path: Path) -> None:
    assert made("train", tables / "t.data", "--no-header", "--out", tmp_path / "run", *BRIEF).code == 0
    done = made("score", tmp_path / "run", tables / "t.data", "--no-header")
    assert len(scores(done.out)) == 120


def test_scores_are_the_same_from_every_form(run: Path, tables: Path) -> None:
    texts = {made("score", run, tables / name).out for name in ("t.csv", "t.tsv.gz", "t.parquet")}
    assert len(texts) == 1


def test_scores_keep_order_and_count(run: Path, tables: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    whole = scores(made("score", run, tables / "t.csv").out)
    turned = frame.iloc[::-1]
    turned.to_csv(tmp_path / "turned.csv", index=False)
    assert scores(made("score", run, tmp_path / "turned.csv").out)[::-1] == pytest.approx(whole, abs=1e-4)


def test_scores_are_written_in_full_precision(run: Path, tables: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    exact = scores(made("score", run, tables / "t.csv").out)
    assert exact == pytest.approx(load(run).score_samples(frame).tolist(), rel=1e-14)
    made("score", run, tables / "t.csv", "-o", tmp_path / "s.parquet")
    assert pd.read_parquet(tmp_path / "s.parquet")["log_prob"].tolist() == exact
    made("score", run, tables / "t.csv", "-o", tmp_path / "s.tsv.gz")
    assert scores(gzip.decompress((tmp_path / "s.tsv.gz").read_bytes()).decode()) == exact


def test_columns_may_stand_in_another_order_and_there_may_be_more(
    run: Path, tables: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame[frame.columns[::-1]].assign(more="x").to_csv(tmp_path / "t.csv", index=False)
    assert made("score", run, tmp_path / "t.csv").out == made("score", run, tables / "t.csv").out


def test_a_table_without_rows_has_no_scores(run: Path, tables: Path) -> None:
    done = made("score", run, tables / "header.csv")
    assert (done.code, done.out) == (0, "log_prob\n")


def test_the_surprisals_of_the_cells_add_up_to_the_bound(run: Path, tables: Path, frame: pd.DataFrame) -> None:
    done = made("score", run, tables / "t.csv", "--combine", "bound", "--per-column")
    found = pd.read_csv(io.StringIO(done.out))
    assert list(found.columns) == ["log_prob", "flag", "twin", "city", "age", "pay"]
    cells = found.drop(columns="log_prob")
    assert (cells >= 0).all(axis=None)
    # Of numbers, log_prob is a density in the user's units: the age has a resolution of 1, the pay of a cent.
    assert np.allclose(cells.sum(axis=1) + np.log(0.01), -found["log_prob"], rtol=1e-12)


def test_the_mixture_is_never_below_the_bound(run: Path, tables: Path) -> None:
    mixture, bound = (
        scores(made("score", run, tables / "t.csv", "--combine", how).out) for how in ("mixture", "bound")
    )
    assert all(m >= b - 1e-9 for m, b in zip(mixture, bound, strict=True))
    assert mixture != bound


def test_permutations_and_seed_choose_the_members(run: Path, tables: Path) -> None:
    def scored(*options: str) -> str:
        return made("score", run, tables / "t.csv", *options).out

    count = str(ORDERINGS)
    assert scored() == scored("--permutations", count) == scored("--permutations", count, "--seed", "1")
    more = str(ORDERINGS + 3)  # known-first variants are drawn
    assert scored("--permutations", more, "--seed", "1") == scored("--permutations", more, "--seed", "1")
    assert scored("--permutations", more, "--seed", "1") != scored("--permutations", more, "--seed", "2")


def test_sampled_rows_read_back_as_the_same_kinds(run: Path, tables: Path, tmp_path: Path) -> None:
    assert made("sample", run, "-n", "300", "-o", tmp_path / "s.csv").code == 0
    was, read = (
        json.loads(made("schema", path, "--json").out)["columns"] for path in (tables / "t.csv", tmp_path / "s.csv")
    )
    assert [(column["name"], column["kind"], column["resolution"]) for column in read] == [
        (column["name"], column["kind"], column["resolution"]) for column in was
    ]
    assert len(pd.read_csv(tmp_path / "s.csv")) == 300
    assert set(pd.read_csv(tmp_path / "s.csv")["city"]) == {"Ulm", "Bonn, am Rhein", 'Köln "C"'}


def test_the_seed_alone_decides_on_the_sample(run: Path) -> None:
    drawn = made("sample", run, "-n", "20", "--seed", "1").out
    assert made("sample", run, "-n", "20", "--seed", "1").out == drawn
    assert made("sample", run, "-n", "20", "--seed", "2").out != drawn
    assert len(drawn.splitlines()) == 21


def test_a_sample_can_be_scored(run: Path) -> None:
    drawn = made("sample", run, "-n", "20").out
    assert len(scores(made("score", run, "-", stdin=drawn.encode()).out)) == 20


def test_info_names_columns_networks_and_settings(ordered: Path) -> None:
    text, found = made("info", ordered).out, json.loads(made("info", ordered, "--json").out)
    for word in ("pay", "numeric", "2 of 2", "108"):
        assert word in text
    assert found["training"]["networks"] == 2
    assert [column["name"] for column in found["columns"]] == ["flag", "twin", "city", "age", "pay"]
    assert found["metrics"]["finished"]


def test_train_says_in_json_how_it_ended(tables: Path, tmp_path: Path) -> None:
    done = made("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF, "--json")
    assert json.loads(done.out) == json.loads((tmp_path / "run" / "metrics.json").read_bytes())


def test_kinds_and_drops_overrule(tables: Path, tmp_path: Path) -> None:
    options = ("--kind", "age=categorical", "--drop", "city", "--drop", "pay")
    made("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF, *options)
    found = json.loads(made("info", tmp_path / "run", "--json").out)
    assert {c["name"]: c["kind"] for c in found["columns"]}["age"] == "categorical"
    assert [left["name"] for left in found["left_out"]] == ["city", "pay"]


def test_train_validates_on_a_share_or_a_file(tables: Path, tmp_path: Path) -> None:
    made("train", tables / "t.csv", "--out", tmp_path / "share", *BRIEF, "--valid", "0.25")
    made("train", tables / "t.csv", "--out", tmp_path / "file", *BRIEF, "--valid", tables / "t.parquet")
    share, file = (json.loads(made("info", tmp_path / name, "--json").out)["data"] for name in ("share", "file"))
    assert (share["train_rows"], share["valid_rows"]) == (90, 30)
    assert (file["train_rows"], file["valid_rows"]) == (120, 120)


def test_a_dry_run_trains_nothing_and_writes_nothing(tables: Path, tmp_path: Path) -> None:
    done = made("train", tables / "t.csv", "--out", tmp_path / "run", "--hidden", "8", "--dry-run")
    assert (done.code, done.out) == (0, "")
    for word in ("parameters", "MB", "products in float32", "ms", "minutes", "pay"):
        assert word in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_network_too_large_for_the_machine_is_refused_before_the_run_it_would_replace_is_touched(
    tables: Path, tmp_path: Path
) -> None:
    command = ("train", tables / "t.csv", "--out", tmp_path / "run")
    assert made(*command, *BRIEF).code == 0
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    done = made(*command, "--hidden", "1000000,1000000", "--force")
    assert (done.code, "GB of memory" in done.err, "--hidden" in done.err) == (Exit.USAGE, True, True)
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before
    dry = made(*command, "--hidden", "1000000,1000000", "--dry-run")
    assert (dry.code, "it would be refused" in dry.err) == (0, True)


def test_force_replaces_a_run(tables: Path, tmp_path: Path) -> None:
    for seed, options in [(1, ()), (2, ("--force",))]:
        options = (*options, "--seed", str(seed))
        assert made("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF, *options).code == 0
    assert json.loads(made("info", tmp_path / "run", "--json").out)["training"]["seed"] == 2


# What goes where ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("terminal", [False, True])
def test_standard_output_is_nothing_but_data(
    terminal: bool, run: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if terminal:  # rich draws its bars then, whatever standard error is
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert Messages().console.is_terminal
    trained = made("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF)
    assert trained.out == ""
    assert f"saved in {tmp_path / 'run'}; metrics.json there has these figures" in trained.err
    assert ("\x1b[" in trained.err) == terminal
    scored = made("score", run, tables / "t.csv")
    assert len(scores(scored.out)) == 120
    assert ("scoring" in scored.err) == terminal
    sampled = made("sample", run, "-n", "5")
    assert len(pd.read_csv(io.StringIO(sampled.out))) == 5
    json.loads(made("ensemble-eval", run, tables / "t.csv", "--permutations", "2", "--json").out)


def test_quiet_says_nothing(run: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in [
        ("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF),
        ("score", run, tables / "t.csv", "-o", tmp_path / "s.csv"),
        ("sample", run, "-n", "5", "-o", tmp_path / "x.csv"),
    ]:
        done = made(*arguments, "--quiet")
        assert (done.code, done.out, done.err) == (0, "", "")
    assert made("ensemble-eval", run, tables / "t.csv", "--permutations", "2", "--json", "--quiet").err == ""


def test_labels_that_look_like_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("[red]a[/red],[/]\nx,y\nz,w\n")
    assert "[red]a[/red]" in made("schema", tmp_path / "t.csv").out
    done = made("train", tmp_path / "t.csv", "--out", tmp_path / "[bold]run", *BRIEF)
    assert done.code == 0
    assert "[bold]run" in done.err


def test_an_environment_variable_sets_an_option_and_an_option_beats_it(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_TRAIN_SEED", "5")
    for name, options in [("variable", ()), ("option", ("--seed", "6"))]:
        made("train", tables / "t.csv", "--out", tmp_path / name, *BRIEF, *options)
    seeds = [
        json.loads(made("info", tmp_path / name, "--json").out)["training"]["seed"] for name in ("variable", "option")
    ]
    assert seeds == [5, 6]
