# The upload broke off: the file ends in the middle of its JSON.
# marks: 0
# raw: {"cells": [{"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Labora
