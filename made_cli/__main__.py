"""`python -m made_cli`: the same program as `made`."""

from made_cli.cli.app import main

if __name__ == "__main__":
    main()
