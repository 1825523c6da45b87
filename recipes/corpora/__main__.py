"""`python -m recipes.corpora synthesise ...`: see `recipes.corpora.synthesise`."""

import sys

from recipes.corpora.synthesise import main

if __name__ == "__main__":
    sys.exit(main())
