"""check_in_browser.py [--most-mb MB] [--times] PAGE...: headless Chromium opens each page from its file, without a network, and draws
every figure; every choice of the picture of cells is taken once. Skips (77) without Chromium."""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Says when something was first seen and when the last script had run: the cells stand on their canvas then.
CLOCK = """<script>
window.addEventListener("load", () => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  document.body.dataset.times = JSON.stringify([paint ? paint.startTime : null, performance.now()]);
});
</script></body>"""

# Runs in the page when all is loaded: takes every choice and counts the coloured points of each; another colour is another picture.
EXERCISE = """<script>
window.addEventListener("load", () => {
  const found = { blank: [], choices: 0, saved: [], saves: document.querySelectorAll(".vega-actions a, .choices button").length };
  for (const place of document.querySelectorAll("[data-cells]")) {
    const canvas = place.querySelector("canvas");
    const points = () => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let n = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 0 && Math.max(Math.abs(data[i] - data[i + 1]), Math.abs(data[i + 1] - data[i + 2])) > 12) ++n;
      return n;
    };
    for (const list of place.querySelectorAll("select")) {
      const pictures = new Set();
      for (const option of [...list.options].reverse()) {
        list.value = option.value;
        list.dispatchEvent(new Event("change"));
        ++found.choices;
        if (points() === 0) found.blank.push(option.textContent);
        pictures.add(canvas.toDataURL());
      }
      if (list.options.length > 1 && pictures.size === 1) found.blank.push(`${list.options.length} choices are one picture`);
    }
    const before = points(), first = place.querySelector(".legend button");
    first.focus();
    if (document.activeElement !== first) found.blank.push("the legend has no focus");
    first.click();
    if (place.querySelectorAll(".legend li").length > 1 && points() >= before) found.blank.push("showing one group alone changes nothing");
    first.click();
    HTMLAnchorElement.prototype.click = function () { fetch(this.href).then((file) => file.blob()).then((image) => found.saved.push([this.download, image.type, image.size])); };
    URL.revokeObjectURL = () => {};
    place.querySelector(".choices button").click();
  }
  setTimeout(() => { document.body.dataset.found = JSON.stringify(found); }, 3000);
});
</script></body>"""


def opened(browser, page, script, folder, *flags):
    """The document after all its scripts and `script` have run, and what the console said."""
    copy = pathlib.Path(folder) / "page.html"
    before, _, after = page.rpartition("</body>")
    copy.write_text(before + script + after, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
               "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}/profile", "--window-size=1200,4000",
               "--enable-logging=stderr", "--v=0", *flags, "--dump-dom", copy.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    said = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    usual = ('Dropping "fit-y"', "Canvas2D: Multiple readback")  # rows set the height of a chart; points() reads pixels
    return ran.stdout, [line for line in said if not any(words in line for words in usual)]


def times(browser, page):
    """Words on when the page is seen, by the clock on the wall, which the other opening does not keep to."""
    with tempfile.TemporaryDirectory() as folder:
        document, _ = opened(browser, page, CLOCK, folder)
    found = re.search(r'data-times="([^"]*)"', document)
    first, built = json.loads(found[1]) if found else (None, None)
    return f"; first paint {first or 0:.0f} ms, built {built or 0:.0f} ms after opening"


def check(browser, path, most_mb, timed):
    page = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        document, said = opened(browser, page, EXERCISE, folder, "--virtual-time-budget=20000")
    problems = [f"console: {line}" for line in said]
    size = path.stat().st_size / 1e6
    if size > most_mb:
        problems.append(f"takes {size:.1f} MB, more than {most_mb}")
    figures = len(re.findall(r"<div [^>]*data-(?:spec|cells)=", page))
    drawn = len(re.findall(r'<div [^>]*data-drawn="true"', document))
    if drawn != figures:
        problems.append(f"{drawn} of {figures} figures are drawn")
    found = re.search(r'data-found="([^"]*)"', document)
    if not found:
        return problems + ["its scripts did not come to an end"]
    found = json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    problems += [f"blank: {choice}" for choice in found["blank"]]
    pictures = len(re.findall(r"<div [^>]*data-cells=", page))
    problems += [f"saves {name}, {kind} of {size} bytes" for name, kind, size in found["saved"]
                 if not name.endswith(".png") or kind != "image/png" or size < 10_000]
    if len(found["saved"]) != pictures:
        problems.append(f"{len(found['saved'])} of {pictures} pictures are saved")
    if found["saves"] != 2 * (figures - pictures) + pictures:
        problems.append(f"{found['saves']} ways to save {figures} figures")
    print(f"{path.name}: {size:.2f} MB, {figures} figures, {found['choices']} choices{times(browser, page) if timed else ''}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--most-mb", type=float, default=10)
    parser.add_argument("--times", action="store_true", help="print when something is first seen")
    parser.add_argument("page", type=pathlib.Path, nargs="+")
    given = parser.parse_args()
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        print("skipped: no Chromium")
        return 77
    pages = [page for given_page in given.page for page in (sorted(given_page.glob("*.html")) if given_page.is_dir() else [given_page])]
    failures = [f"{page.name}: {problem}" for page in pages for problem in check(browser, page, given.most_mb, given.times)]
    print("\n".join(failures))
    return 1 if failures or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
