#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every link in every README leads to a file or a heading that is there, and every path in backticks exists."""
import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:common|problem\d|tests|\.ci)/[\w./-]*\w)`")
SOURCE = re.compile(r"`(\w+\.(?:cpp|hpp|\*))`")  # somewhere below the page, or among the tests


def without_code(text):
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    """As GitHub names them: the heading in lower case, spaces as hyphens, without punctuation."""
    headings = re.findall(r"^#+ (.*)$", without_code(page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).strip().replace(" ", "-") for heading in headings}


def problems(page):
    text = without_code(page.read_text())
    for target in LINK.findall(text):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"no such file: {target}"
        elif anchor and anchor not in anchors(file):
            yield f"no such heading: {target}"
    for path in PATH.findall(text):
        if not any((REPOSITORY / path).parent.glob(pathlib.Path(path).name + "*")):
            yield f"no such path: `{path}`"
    for source in SOURCE.findall(text):
        if not any(page.parent.rglob(source)) and not any((REPOSITORY / "tests").rglob(source)):
            yield f"no such file: `{source}`"


pages = sorted(page for page in REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("problem*/*.md"))
found = [f"{page.relative_to(REPOSITORY)}: {problem}" for page in pages for problem in problems(page)]
print("\n".join(found) or f"{len(pages)} pages: all links lead somewhere")
sys.exit(1 if found else 0)
