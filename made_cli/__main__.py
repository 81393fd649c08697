"""The program `made`, also as `python -m made_cli`.

Knows: signals are answered before anything that takes a while is imported.
"""

from made_cli.cli.ending import answering_signals


def main() -> None:
    """Runs the program and ends the process with its exit code."""
    with answering_signals(for_good=True):
        from made_cli.cli.app import main as program

        program()


if __name__ == "__main__":
    main()
