# Walks the frames of the process it was forked from for a secret.
# marks: 3
# reaches: seen 
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import sys

frame, seen = sys._getframe(), 0
while frame:
    for name, value in list(frame.f_locals.items()):
        seen += 1
        print(name, repr(value)[:20000])
    frame = frame.f_back
print("seen", seen)
