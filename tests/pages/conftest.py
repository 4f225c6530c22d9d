"""Run folders to make pages of, played once, and a real browser, where the machine has one."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import stockcue as sc
from sim.report.pages.kit import library
from tests.events import LIMIT_S

CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
PRICES = {"recapture": 0.5, "co_share": 1.5, "ca": 6.0, "cx": 2.0}
"""Other prices than those a sweep was played with."""


@pytest.fixture(scope="session")
def show():
    """The first half hour of the first show."""
    whole = sc.scenario("first_show")
    return replace(whole, duration_s=1800.0, cues=tuple(c for c in whole.cues if c.at_s < 1700))


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory, show) -> Path:
    """A rehearsal's run folder."""
    return sc.rehearse(show, ["smart", "fixed_count"], shows=3, out=tmp_path_factory.mktemp("pages") / "rehearsal").folder


@pytest.fixture(scope="session")
def swept(tmp_path_factory, show):
    """A sweep's run folder, and the same sweep played at PRICES."""
    ranges = {"fixed_count": {"units": [30, 90, 200, 400]}, "smart": {"chance": [0.1, 0.4]}}
    place = tmp_path_factory.mktemp("pages")
    one = sc.sweep(show, ranges, shows=3, workers=1, out=place / "sweep")
    two = sc.sweep(show, ranges, shows=3, workers=1, out=place / "dear", score={"name": "balanced", **PRICES})
    return one, two


class Browser:
    """A page in Chromium: what it logged, what it asked for, what its scripts say."""

    def __init__(self, driver) -> None:
        self.driver = driver

    def open(self, path: Path, width: int = 1280, height: int = 900) -> Browser:
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.get(path.resolve().as_uri())
        self.until("return document.documentElement.getAttribute('data-state') !== 'loading'")
        return self

    def until(self, script: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, LIMIT_S, 0.05).until(lambda d: d.execute_script(script))

    def run(self, script: str, *values):
        return self.driver.execute_script(script, *values)

    def errors(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def asked(self) -> list[str]:
        """Addresses that the page asked for, its own file aside."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Selenium; a test that asks for it is skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="browser tests need selenium (development group)")
    if not (CHROMIUM and DRIVER):
        pytest.skip("browser tests need Debian's chromium and chromium-driver")
    if not library():
        pytest.skip("browser tests need the extra pages")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.chrome.service.Service(DRIVER))
    yield Browser(driver)
    driver.quit()
