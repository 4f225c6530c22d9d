"""``python -m benchmarks`` is ``stockcue bench``."""

import sys

from sim.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["bench", *sys.argv[1:]]))
