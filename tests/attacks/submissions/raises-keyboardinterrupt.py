# Raises KeyboardInterrupt, GeneratorExit and a BaseException of its own.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
class Stop(BaseException):
    pass


KINDS = [KeyboardInterrupt, GeneratorExit, Stop]


def zero_pad(X, pad):
    raise KINDS[pad % 3]("stop")
