"""The pictures of the README: the real app in Chromium, written to ``docs/images/``.

``make screenshots`` says what is described in words on the one, and which codes are compared on the other.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).with_name("images")
#: What a picture may weigh, in bytes, so that the README stays light.
MOST = 150_000
WIDTH = 1024
SERVE = ("serve", "--port", "0", "--workers", "1", "--format", "json")


def main(words: str, codes: list[str]) -> None:
    """Take the pictures of what some words imply and of how some codes differ."""
    pictures = {
        "finder": (f"/?{urlencode({'text': words})}", 790),
        "comparison": (f"/differ?{urlencode({'code': codes}, doseq=True)}", 900),
    }
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("There is no Chromium; on Debian: apt-get install chromium")
    process = subprocess.Popen([sys.executable, "-m", "spinecode", *SERVE], stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    try:
        server = json.loads(process.stdout.readline())["url"].rstrip("/")
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(color_scheme="light")
            for name, (address, height) in pictures.items():
                page.set_viewport_size({"width": WIDTH, "height": height})
                page.goto(server + address, wait_until="networkidle")
                file = IMAGES / f"{name}.png"
                page.screenshot(path=file)
                size = file.stat().st_size
                print(f"{file.relative_to(IMAGES.parent.parent)}: {size:,} bytes, {address}")
                if size > MOST:
                    raise SystemExit(f"{file.name} has more than {MOST:,} bytes")
            browser.close()
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    main(sys.argv[1], sys.argv[2:])
