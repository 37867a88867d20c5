"""What every test starts from."""

import os

# One thread for torch and NumPy: small cases are faster so, and tests run beside each other.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
