"""`python -m recipes.style_corpus ...`: see `recipes.style_corpus.make`."""

import sys

from recipes.style_corpus.make import main

if __name__ == "__main__":
    sys.exit(main())
