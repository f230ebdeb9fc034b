"""check_page.py FOLDER: every page is well-formed, loads nothing, and shows its tables without JavaScript."""

import html.parser
import json
import pathlib
import re
import sys

VOID = {"meta", "br", "hr", "img", "input", "link", "col", "wbr"}
FEWEST = {"empty": (0, 0), "comparison": (10, 1), "new_lots": (20, 5), "mining": (25, 6), "differential": (30, 2), "enrichment": (7, 2)}  # table rows and charts of pages that are no whole study
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.targets, self.specs, self.wanted, self.pictures = [], [], [], {}, [], []
        self.rows, self.problems, self.script = 0, [], None

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.problems.append(f"<{tag}> has an attribute twice")
        attributes = dict(attributes)
        for name, value in attributes.items():
            if name in LOADING or name.startswith("on"):
                self.problems.append(f"<{tag} {name}={value!r}>")
            if name == "href" and not value.startswith(("#", "tables/")):
                self.problems.append(f"<{tag}> points away to {value!r}")
        if tag in {"link", "iframe", "object", "embed", "img", "base"}:
            self.problems.append(f"<{tag}>")
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if attributes.get("href", "").startswith("#"):
            self.targets.append(attributes["href"][1:])
        if "data-spec" in attributes:
            self.wanted.append(attributes["data-spec"])
        if "data-cells" in attributes:
            self.pictures.append(attributes["data-cells"])
        self.rows += tag == "tr"
        self.script = attributes["id"] if tag == "script" and attributes.get("type") == "application/json" else None
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at line {self.getpos()[0]} closes something else")
        self.script = None

    def handle_data(self, text):
        if self.script:
            self.specs[self.script] = self.specs.get(self.script, "") + text


def check(path):
    text = path.read_bytes().decode("utf-8")  # strict: a byte that is no UTF-8 fails here
    page = Page()
    page.feed(text)
    page.close()
    problems = page.problems
    if not text.startswith("<!DOCTYPE html>"):
        problems.append("no doctype")
    if page.open:
        problems.append(f"left open: {page.open}")
    if len(set(page.ids)) != len(page.ids):
        problems.append("an id stands twice")
    problems += [f"#{target} leads nowhere" for target in page.targets if target not in page.ids]
    for picture in page.pictures:
        problems += [f"{picture}-{part} is not there" for part in ("cells", "x", "y", "cluster") if f"{picture}-{part}" not in page.ids]
        cells = json.loads(page.specs.pop(f"{picture}-cells"))
        if sum(lot["cells"] for lot in cells["lots"]) != cells["cells"]:
            problems.append("the lots of the picture do not hold all of its cells")
    if sorted(page.wanted) != sorted(page.specs):
        problems.append("places for charts and specifications differ")
    for name, spec in page.specs.items():
        if "url" in json.dumps(json.loads(spec)):
            problems.append(f"{name} loads data")
    style = text[text.index("<style>") : text.index("</style>")]
    if re.search(r"@import|url\(", style):
        problems.append("the style loads something")
    rows, charts = FEWEST.get(path.stem, (40, 6))
    if page.rows < rows or len(page.specs) < charts:
        problems.append(f"only {page.rows} table rows and {len(page.specs)} charts")
    return problems


def main(folder):
    pages = sorted(pathlib.Path(folder).glob("*.html"))
    failures = [f"{path.name}: {problem}" for path in pages for problem in check(path)]
    print("\n".join(failures) or f"{len(pages)} pages are whole")
    return 1 if failures or not pages else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
