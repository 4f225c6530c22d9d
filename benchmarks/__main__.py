"""``python -m benchmarks`` is ``stockcue bench``."""

import sys

from benchmarks.engine import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
