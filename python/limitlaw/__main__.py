"""``python -m limitlaw``."""

from limitlaw.cli import main

main(prog_name="python -m limitlaw")
