"""``python -m HermesLib`` runs the command ``hermes``."""

from HermesLib.cli.main import entry

if __name__ == "__main__":
    entry()
