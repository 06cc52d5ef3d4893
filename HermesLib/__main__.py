"""``python -m HermesLib`` runs the command ``hermes``."""

import sys

from HermesLib.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
