"""check_charts.py FOLDER: Vega-Lite compiles and draws every chart of every page. Skips (77) without vl-convert-python."""

import json
import pathlib
import re
import sys

try:
    import vl_convert
except ImportError:
    print("skipped: this Python has no vl-convert-python")
    sys.exit(77)

SPEC = re.compile(r'<script type="application/json" id="([^"]*)-spec">(.*?)</script>', re.DOTALL)


def check(name, spec):
    spec["width"] = 400  # "container" needs a page
    spec["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json"
    compiled = vl_convert.vegalite_to_vega(spec, show_warnings=True)
    svg = vl_convert.vegalite_to_svg(spec)
    drawn = len(re.findall(r'aria-roledescription="(?:point|bar|rect|rule|line mark|area mark|text mark)', svg))
    if not compiled.get("marks"):
        return "has no marks"
    if "NaN" in svg:
        return "draws at NaN"
    return None if drawn >= 5 or name == "variance" else f"draws {drawn} things"


def main(folder):
    failures, charts = [], 0
    for path in sorted(pathlib.Path(folder).glob("*.html")):
        for name, spec in SPEC.findall(path.read_text(encoding="utf-8")):
            charts += 1
            problem = check(name, json.loads(spec))
            if problem:
                failures.append(f"{path.name}: {name} {problem}")
    print("\n".join(failures) or f"{charts} charts are drawn")
    return 1 if failures or charts == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
