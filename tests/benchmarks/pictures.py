"""Plotly figures as PNG files, drawn by the machine's own Chromium."""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
from pathlib import Path

import plotly.graph_objects as go

_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
)
_DRAW = """
const [width, height, answer] = arguments;
Plotly.toImage(document.querySelector(".plotly-graph-div"), {format: "png", width, height})
    .then(answer, error => answer("failed: " + error));
"""


def save(figure: go.Figure, path: Path) -> None:
    """Write the figure to `path` in its own width and height, which must be set; raises RuntimeError."""
    from selenium import webdriver

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        sys.exit(
            "Pictures are drawn by Chromium: install Debian's chromium and chromium-driver, or give --no-pictures."
        )
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "figure.html"
        figure.write_html(page, include_plotlyjs=True)
        for switch in (*_SWITCHES, f"--user-data-dir={folder}/profile"):
            options.add_argument(switch)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            browser.set_script_timeout(120)
            browser.get(page.as_uri())
            address = browser.execute_async_script(_DRAW, figure.layout.width, figure.layout.height)
        finally:
            browser.quit()
    if not address.startswith("data:image/png;base64,"):
        raise RuntimeError(f"Plotly could not draw {path.name}: {address}")
    path.write_bytes(base64.b64decode(address.partition(",")[2]))
    print(f"saved {path}")
