"""A browser of a test's own: Chromium, driven as W3C's WebDriver says it is."""

import contextlib
import json
import shutil
import urllib.error
import urllib.request

from needs import need
from servers import free_port, running
from waiting import until

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1200,1600"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""What WebDriver calls a reference to an element."""


class Browser:
    """A session of a browser. What isn't on the page yet is waited for."""

    def __init__(self, at, session):
        self._at = f"{at}/session/{session}"

    def open(self, address):
        """Go to an address."""
        ask(f"{self._at}/url", url=address)

    def run(self, script, *arguments):
        """Return what a script returns on the page."""
        return ask(f"{self._at}/execute/sync", script=script, args=arguments)

    def find(self, selector):
        """Return the first element that a CSS selector finds, once it is shown."""

        def shown():
            with contextlib.suppress(urllib.error.HTTPError):
                found = ask(f"{self._at}/element", using="css selector", value=selector)
                return self.run("return arguments[0].offsetParent !== null", found) and found
            return None

        return until(shown, selector)

    def click(self, selector):
        """Click on it."""
        ask(f"{self._at}/element/{self.find(selector)[ELEMENT]}/click")

    def type(self, selector, text):
        """Type a text into it."""
        ask(f"{self._at}/element/{self.find(selector)[ELEMENT]}/value", text=text)

    def text(self, selector):
        """Return what can be read in it."""
        return self.run("return arguments[0].innerText", self.find(selector))

    def value(self, selector):
        """Return what is written in a field."""
        return self.run("return arguments[0].value", self.find(selector))


def ask(address, **what):
    """Ask the driver for something; return its answer."""
    data = json.dumps(what).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["value"]


@contextlib.contextmanager
def chromium(tmp_path):
    """Run a browser, its profile in a folder, and end it and all that it started."""
    driver, program = shutil.which("chromedriver"), shutil.which("chromium")
    need(driver and program, "Chromium and its driver")
    port = free_port()
    at = f"http://127.0.0.1:{port}"

    def ready():
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(f"{at}/status"):
            return True
        return False

    with running(driver, f"--port={port}", cwd=tmp_path / "driver"):
        until(ready, "chromedriver")
        options = {"binary": program, "args": [*OPTIONS, f"--user-data-dir={tmp_path / 'profile'}"]}
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
        yield Browser(at, ask(f"{at}/session", capabilities=wanted)["sessionId"])
