"""What a browser would send of a page's form, as it stands."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.is_open, self.select, self.text, self.values = wanted, False, None, None, {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.is_open = attrs.get("id") == self.wanted
        elif self.is_open and tag == "select":
            self.select = attrs["name"]
            self.values[self.select] = ""
        elif self.is_open and tag == "option" and "selected" in attrs:
            self.values[self.select] = attrs["value"]
        elif self.is_open and tag == "textarea":
            self.text = attrs["name"]
            self.values[self.text] = ""
        elif self.is_open and tag == "input":
            self._add_input(attrs)

    def _add_input(self, attrs):
        is_box = attrs["type"] in ("checkbox", "radio")
        if attrs["type"] == "submit" or (is_box and "checked" not in attrs) or not attrs.get("name"):
            return
        name, value = attrs["name"], attrs.get("value", "on" if is_box else "")
        self.values[name] = [*self.values.get(name, []), value] if is_box else value

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_open = False
        elif tag == "textarea":
            self.text = None

    def handle_data(self, data):
        if self.text:
            # The first line break is the parser's, and a browser sends all of them in this form.
            self.values[self.text] = data.removeprefix("\r\n").removeprefix("\n").replace("\n", "\r\n")


def sent(page, form):
    """The values of the form with this id, by name. The template for further rows is not sent."""
    parser = _Form(form)
    parser.feed(page.content.decode())
    return {name: value for name, value in parser.values.items() if "__prefix__" not in name}
