"""The course: what the `labkit` command does with labs and submissions."""

import sys

# nbformat imports jsonschema, which builds 35 parsers for a format that no notebook's schema has:
# 1.4 s in each process (jsonschema's issue 1428). It goes without them where they can't be imported.
if "jsonschema" not in sys.modules:
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    import nbformat as _  # noqa: F401 - for what it imports

    del sys.modules["rfc3987_syntax"]
