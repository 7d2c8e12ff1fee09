"""Debian's Chromium, driven: pages that are clicked, typed into and looked at.

Speaks the DevTools protocol over a pipe, so it needs no driver and no port. One browser a test
module; each page has a profile of its own.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.chromium import FLAGS
from tests.support.server import looks

TIMEOUT_SECONDS = 30
# Chromium reads commands at 3 and answers at 4. Copies first: either number may be taken by now.
AT_3_AND_4 = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execvp(sys.argv[3], sys.argv[3:])
"""
# The middle of an element once it has stayed there for some frames: what is loaded moves it.
AT_REST = """
new Promise((done) => {
  let before = '', same = 0;
  const look = () => {
    const one = %s;
    if (one && same === 0) one.scrollIntoView({block: 'center'});
    const {x, y, width, height} = one ? one.getBoundingClientRect() : {};
    same = one && before === [x, y].join() ? same + 1 : 0;
    before = [x, y].join();
    same < 6 ? requestAnimationFrame(look) : done([x + width / 2, y + height / 2]);
  };
  look();
})
"""
KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Home": 36, "End": 35, "Tab": 9}


class Broken(AssertionError):
    """A page's own script failed, or what was waited for did not come."""


@dataclass
class Chrome:
    """A running browser: commands go in, answers and events come out, in one order."""

    given: int
    told: int
    number: int = 0
    rest: bytes = b""
    pages: "dict[str, Page]" = field(default_factory=dict)

    def call(self, method: str, session: str = "", /, **params: Any) -> Any:
        """Send one command and return its result; events on the way go to their pages."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        os.write(self.given, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self.number:
                if "error" in message:
                    raise Broken(f"{method}: {message['error']}")
                return message["result"]
            if page := self.pages.get(message.get("sessionId", "")):
                page.happened(message)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.told], [], [], TIMEOUT_SECONDS)
            if not ready:
                raise Broken("the browser says nothing")
            chunk = os.read(self.told, 1 << 20)
            if not chunk:
                raise Broken("the browser ended")
            self.rest += chunk
        text, _, self.rest = self.rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def page(self, width: int = 1280, height: int = 800, *, dark: bool = False) -> "Page":
        """Return an empty page of a size, in a profile of its own."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"])
        self.pages[page.session] = page
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.call("Performance.enable", timeDomain="threadTicks")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        return page


@dataclass
class Page:
    """One page: what is done with it, what it asked for, and what it complained of."""

    chrome: Chrome
    session: str
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def call(self, method: str, /, **params: Any) -> Any:
        return self.chrome.call(method, self.session, **params)

    def happened(self, message: dict[str, Any]) -> None:
        """Keep what an event tells of requests and complaints."""
        told = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
            self.sent.append(told["request"])
        elif message["method"] == "Runtime.exceptionThrown":
            self.wrong.append(str(told["exceptionDetails"]))
        elif message["method"] == "Runtime.consoleAPICalled" and told["type"] == "error":
            self.wrong.append(str(told["args"]))
        elif message["method"] == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.wrong.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")

    def open(self, url: str, mark: str = "ready") -> "Page":
        """Open an address and return when its page has drawn itself, and left a mark of it."""
        self.call("Page.navigate", url=url)
        self.wait(f"document.documentElement?.dataset.{mark}")
        return self

    def run(self, script: str) -> Any:
        """Return the value of an expression, a promise's included."""
        how = {"awaitPromise": True, "returnByValue": True}
        told = self.call("Runtime.evaluate", expression=script, **how)
        if "exceptionDetails" in told:
            raise Broken(f"{script}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Return the value of an expression once it is true."""
        for _ in looks():
            if value := self.run(condition):
                return value
        raise Broken(f"never: {condition}\n{self.text()}\n{self.wrong}")

    def text(self, selector: str = "body") -> str:
        return str(self.run(f"(document.querySelector({json.dumps(selector)}) || {{}}).innerText"))

    def wait_text(self, text: str) -> None:
        """Return once a text can be read on the page."""
        self.wait(f"document.body.innerText.includes({json.dumps(text)})")

    def click(self, selector: str, text: str = "") -> None:
        """Click the first element of a selector that holds a text, once it is there."""
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find((one) => one.textContent.includes({json.dumps(text)}))"
        )
        self.wait(f"!!{found}")
        box = self.wait(AT_REST % found)
        place = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **place)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **place)

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field in place of what stood there."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.run(
            f"(({{}}) => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.focus(); one.select(); })({})"
        )
        self.call("Input.insertText", text=text)

    def choose(self, selector: str, value: str) -> None:
        """Choose a value of a list."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            f" one.value = {json.dumps(value)};"
            " one.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    def press(self, key: str) -> None:
        """Press a key and let go of it."""
        code = KEYS.get(key, ord(key[0].upper()))
        told = {"key": key, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
        text = {} if key in KEYS and key != "Enter" else {"text": "\r" if key == "Enter" else key}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def picture(self, file: Path, *, whole: bool = False) -> Path:
        """Keep what is seen as a picture; its kind is that of the file's name."""
        kind = {"format": file.suffix[1:]} | ({"quality": 80} if file.suffix == ".webp" else {})
        told = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **kind)
        file.write_bytes(base64.b64decode(told["data"]))
        return file

    def busy_ms(self) -> float:
        """Return how much CPU the page's main thread has taken, in milliseconds."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(
            1000.0 * float(one["value"]) for one in metrics if one["name"] == "TaskDuration"
        )

    def too_wide(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.run("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def chrome(folder: Path) -> Iterator[Chrome]:
    """Run a browser with a fresh profile; end it with the block."""
    program = shutil.which("chromium")
    assert program, "there is no chromium; install Debian's package: apt-get install chromium"
    command_in, given = os.pipe()
    told, command_out = os.pipe()
    ends = (command_in, command_out)
    options = [*FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"]
    process = subprocess.Popen(
        [sys.executable, "-c", AT_3_AND_4, *map(str, ends), program, *options, "about:blank"],
        pass_fds=ends,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(command_in)
    os.close(command_out)
    try:
        yield Chrome(given, told)
    finally:
        os.close(given)
        process.terminate()
        process.wait(timeout=TIMEOUT_SECONDS)
        os.close(told)
