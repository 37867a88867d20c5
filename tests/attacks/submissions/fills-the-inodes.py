# Makes empty files without end.
# marks: 3
# reaches: no more than True
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os

made = 0
try:
    while made < 300_000:
        os.close(os.open(f"e{made}", os.O_CREAT | os.O_WRONLY))
        made += 1
except (OSError, KeyboardInterrupt) as error:
    print("no more than", made < 200_000, type(error).__name__)
