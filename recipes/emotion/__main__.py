"""`python -m recipes.emotion ...`: see `recipes.emotion.train`."""

import sys

from recipes.emotion.train import main

if __name__ == "__main__":
    sys.exit(main())
