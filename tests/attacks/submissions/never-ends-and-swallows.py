# Loops for ever and swallows the KeyboardInterrupt.
# marks: 0
# base: release
# ends: timeout
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
