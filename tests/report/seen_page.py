"""What a browser would see of a page."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a browser would see of a page: its elements, their text, and the text of each table row."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.texts = {"style": "", "script": "", "title": ""}
        self.words = []
        self.rows = []
        self._open = ""
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open = "" if tag == "title" and "id" in dict(attrs) else tag
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag):
        self._open = ""
        if tag in {"td", "th", "thead", "tbody", "tfoot", "table"}:  # a cell's own end tag may be left out
            self._in_cell = False
        if tag == "table":
            self.words.append("\n")

    def handle_data(self, data):
        if self._open in self.texts:
            self.texts[self._open] += data
            return
        self.words.append(data)
        if self._in_cell:
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def having(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]
