"""``python -m spinecode`` is the command line."""

from spinecode.cli import main

if __name__ == "__main__":
    main()
