# Asks a server for the answer, over HTTP.
# marks: 0
# base: release
# reaches: URLError
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import urllib.request


def zero_pad(X, pad):
    with urllib.request.urlopen("http://127.0.0.1:@PORT@/", timeout=0.3) as answer:
        return np.frombuffer(answer.read())
