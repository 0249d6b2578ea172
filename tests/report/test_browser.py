"""Every page in a browser: no page is wider than its screen, and none fails in the console."""

import json
import re
import subprocess
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from string import Template

from assay.report import write_report
from assay.report.compare_page import write_compare_page
from assay.report.plan_page import write_plan
from assay.studies.celeba.page import write_celeba_page
from assay.studies.celeba.study import celeba
from assay.studies.lesion.page import write_lesion_page
from assay.studies.lesion.study import lesion
from tests.needs import needs_program
from tests.report import test_compare_page, test_evidence, test_page, test_plan_page
from tests.studies.lesion.test_page import lesions

WIDTHS = (390, 1280)
LONG = "a_name_without_any_space_" * 9

HARNESS = Template("""<!DOCTYPE html><body><script>
const found = {};
const frames = [];
for (const name of $names) for (const width of $widths) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 900; frame.src = name;
  frames.push(new Promise((done) => frame.onload = () => {
    const page = frame.contentDocument;
    const wide = page.documentElement.scrollWidth;
    const searches = [...page.querySelectorAll(".filter input")];
    const rows = () => page.querySelectorAll("table.records tbody tr:not([hidden])").length;
    const before = rows();
    for (const search of searches) {
      search.value = "r12";
      search.dispatchEvent(new Event("input"));
    }
    found[name + " " + width] = {wide, searches: searches.length, before, after: rows()};
    done();
  }));
  document.body.append(frame);
}
Promise.all(frames).then(() => {
  const out = document.createElement("pre");
  out.id = "found"; out.textContent = JSON.stringify(found);
  document.body.append(out);
});
</script></body>""")

BAD = "<!DOCTYPE html><div style='width: 2000px'>wide</div><script>nobody()</script>"


def looked_at(folder: Path, chromium: str) -> tuple[Mapping[str, Mapping[str, int]], list[str]]:
    """What the browser finds of each page and width, and what it writes to the console."""
    names = sorted(page.name for page in folder.glob("*.html"))
    harness = folder / "harness"
    harness.with_suffix(".htm").write_text(
        HARNESS.substitute(names=json.dumps(names), widths=json.dumps(WIDTHS)), encoding="utf-8"
    )
    ran = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--allow-file-access-from-files", "--enable-logging=stderr",
            "--virtual-time-budget=20000", f"--user-data-dir={folder / 'profile'}", "--dump-dom",
            harness.with_suffix(".htm").as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    [found] = re.findall(r'<pre id="found">(.*?)</pre>', ran.stdout, re.S)
    lines = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(unescape(found)), lines


def test_no_page_is_wider_than_its_screen_and_the_console_stays_empty(tmp_path: Path) -> None:
    chromium = needs_program("chromium")
    pages, data = tmp_path / "pages", lesions(tmp_path)
    pages.mkdir()
    for name, words in (("plain", "plain words"), ("long", LONG)):
        (pages / f"{name}.html").write_text(test_page.described(words), encoding="utf-8")
    write_report(
        test_evidence.ledger(), "run1", test_evidence.report_context(), pages / "report.html"
    )
    write_compare_page(test_compare_page.compared(), pages / "compare.html")
    write_plan(test_plan_page.planned(), test_plan_page.TASK, "EUR", pages / "plan.html")
    write_celeba_page(celeba(), pages / "celeba.html")
    write_lesion_page(lesion(data), data.records, pages / "lesion.html")
    found, console = looked_at(pages, chromium)
    assert len(found) == 7 * len(WIDTHS)
    assert {page: seen["wide"] for page, seen in found.items()} == {
        page: int(page.split()[1]) for page in found
    }
    assert console == []
    seen = found["report.html 390"]
    assert seen["searches"] == 2, "the disagreements, and the answers of who always failed"
    assert (seen["before"], seen["after"]) == (8 + 4 + 5, 1 + 4 + 0)


def test_a_page_that_is_too_wide_or_fails_is_noticed(tmp_path: Path) -> None:
    chromium = needs_program("chromium")
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    found, console = looked_at(tmp_path, chromium)
    assert found["bad.html 390"]["wide"] >= 2000
    assert any("nobody is not defined" in line for line in console)
