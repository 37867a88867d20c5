"""What every test starts from."""

import os

from hypothesis import HealthCheck, settings

# One thread for torch and NumPy: small cases are faster so, and tests run beside each other.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# The same examples each time, and as long for each as a crowded machine takes.
settings.register_profile(
    "kit", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kit")
