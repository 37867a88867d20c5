"""`python -m grader`: whether a lab can be done here, and what is missing."""

import sys

from grader.installation import main

sys.exit(main(sys.argv[1:]))
