"""The paper's experiment on the official data, by one command."""
