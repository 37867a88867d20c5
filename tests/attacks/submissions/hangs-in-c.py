# Hashes a password two thousand million times, which no signal interrupts.
# marks: 0
# base: release
# ends: timeout
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import hashlib

hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
