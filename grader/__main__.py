"""`python -m grader`: whether a lab can be done here, and what is missing."""

import sys

from grader.installation import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
