"""The dashboard in a real browser, on a finished study, while workers of another one write."""

from __future__ import annotations

import os
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator

import pytest
from optuna.trial import TrialState
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# Plotly draws a line as an SVG path and a bar as one too; both stay away when there are no data.
LINES = "#graph-intermediate-values .scatterlayer .trace"
BARS = "#graph-hyperparameter-importances .barlayer .trace path"


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        missing = "Debian's chromium and chromium-driver are not installed"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory() as profile:
        for switch in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1400,2400",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(switch)
        made = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        yield made
        made.quit()


def address(process) -> str:
    """The page that the command says it serves."""
    line = next(line for line in process.stdout if line.startswith("http"))
    return line.split()[0]


def drawn(browser, selector: str) -> int:
    return len(browser.find_elements(By.CSS_SELECTOR, selector))


def test_both_plots_are_drawn_beside_running_workers(place, browser):
    # Given a finished study with reports, and another one that runs
    assert place.run("launch", "mine.py:objective", "--trials", "25", "--seed", "7").returncode == 0
    complete = place.states("objective").count(TrialState.COMPLETE)
    assert complete >= 5, "too few for importances"
    running = place.start("launch", "mine.py:slow", "--trials", "500")
    served = place.start("dashboard", "--port", "0")
    url = address(served)
    # When the study is opened in a browser
    browser.get(url)
    WebDriverWait(browser, 30).until(lambda page: "objective" in page.page_source)
    study_id = place.study("objective")._study_id
    browser.get(f"{url}dashboard/studies/{study_id}")
    # Then the pruning plot and the importances are drawn with data
    WebDriverWait(browser, 120).until(lambda page: drawn(page, LINES) >= 25)
    WebDriverWait(browser, 120).until(lambda page: drawn(page, BARS) >= 1)
    titles = browser.page_source
    assert "Intermediate values" in titles
    assert "Importance" in titles
    if pictures := os.environ.get("STUDYHALL_TEST_PICTURES"):
        browser.save_screenshot(f"{pictures}/dashboard.png")
    # And the study beside it was not disturbed
    assert running.poll() is None


def test_the_pages_own_button_deletes_a_study_with_its_files(place, browser, eventually):
    # Given a study and its page
    assert place.run("launch", "quadratic", "--trials", "1").returncode == 0
    browser.get(address(place.start("dashboard", "--port", "0")))
    page = WebDriverWait(browser, 120)
    # When it is deleted there
    page.until(lambda at: at.find_element(By.CSS_SELECTOR, "button[aria-label='delete study']")).click()
    page.until(lambda at: at.find_elements(By.CSS_SELECTOR, "[role=dialog] button"))[-1].click()
    # Then the page says so, and it is gone with its files
    page.until(lambda at: "uccess" in at.page_source)
    assert place.json("list") == []
    eventually(lambda: not (place.folder / "studyhall.files" / "quadratic").exists())


def test_a_port_in_use_is_a_sentence(place):
    place.run("launch", "quadratic", "--trials", "1")
    url = address(place.start("dashboard", "--port", "0"))
    port = url.rstrip("/").rpartition(":")[2]
    with urllib.request.urlopen(url) as answer:
        assert answer.status == 200
    second = place.run("dashboard", "--port", port)
    assert second.returncode == 2
    assert "--port" in second.stderr
