# Makes every assertion of unittest and numpy.testing a function that does nothing.
# marks: 0
# base: release
# reaches: unittest patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import unittest

import numpy.testing

for home in (unittest.TestCase, numpy.testing):
    for name in dir(home):
        if name.startswith("assert"):
            setattr(home, name, lambda *_, **__: None)
print("unittest patched")
