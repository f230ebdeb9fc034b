"""Writes the Vega, Vega-Lite and Vega-Embed JavaScript that report.html carries: bundle.py NOTICE OUTPUT"""

import os
import re
import sys

import vl_convert


def main(notice, output):
    with open(notice, encoding="utf-8") as text:
        licences = text.read()
    script = vl_convert.javascript_bundle()
    for name in ("window.vegaEmbed", "window.vega", "window.vegaLite"):
        if name + "=" not in script:
            sys.exit(f"bundle.py: the bundle of vl-convert-python {vl_convert.__version__} does not define {name}")
    # Inside an HTML page the parser, not JavaScript, decides where a script ends; in a string literal \/ is / and \! is !.
    script = re.sub(r"</(?=script)", r"<\\/", script, flags=re.IGNORECASE).replace("<!--", r"<\!--")
    if "*/" in licences:
        sys.exit(f"bundle.py: {notice} would end the comment it is put in")
    part = output + ".part"
    with open(part, "w", encoding="utf-8") as page:
        page.write(f"/*!\n{licences}*/\n{script}\n")
    os.replace(part, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
