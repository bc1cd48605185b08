"""Check every link of the built site, and of the README: python docs/links.py site."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parent.parent


class Links(HTMLParser):
    """The places that a page has, and those that it points to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.targets: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of every element its id, and where it leads or what it shows."""
        for name, value in attrs:
            if value and name in ("id", "name"):
                self.places.add(value)
            elif value and (
                (tag, name) in (("a", "href"), ("link", "href"), ("img", "src"), ("script", "src"))
            ):
                self.targets.append(value)


def broken(site: Path) -> list[str]:
    """What the pages of a site point to and is not there: files, and places in pages."""
    pages = {
        page.resolve(): Links(page)
        for page in sorted(site.rglob("*.html"))
        if "_static" not in page.parts
    }
    found = []
    for page, links in pages.items():
        for target in dict.fromkeys(links.targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            place = unquote(parts.fragment)
            if not file.exists():
                found.append(f"{page.name}: {target} is no file")
            elif place and file in pages and place not in pages[file].places:
                found.append(f"{page.name}: {target} is no place")
    return found


def broken_in_text(page: Path) -> list[str]:
    """What a page of Markdown outside the site points to and is not there."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  (of MyST; the tests of the site have no use for it)

    tokens = [
        child
        for token in MarkdownIt().parse(page.read_text(encoding="utf-8"))
        for child in token.children or ()
    ]
    targets = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens]
    local = [urlsplit(target).path for target in targets if target and not urlsplit(target).scheme]
    return [
        f"{page.name}: {path} is no file"
        for path in local
        if path and not (page.parent / unquote(path)).exists()
    ]


if __name__ == "__main__":
    wrong = [
        *broken(Path(sys.argv[1])),
        *broken_in_text(ROOT / "README.md"),
        *broken_in_text(ROOT / "CHANGELOG.md"),
    ]
    sys.exit("\n".join(wrong) or 0)
