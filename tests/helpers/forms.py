from html.parser import HTMLParser


class _FormParser(HTMLParser):
    def __init__(self, form_id):
        super().__init__()
        self.form_id, self.is_open, self.select, self.textarea, self.values = form_id, False, None, None, {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.is_open = attrs.get("id") == self.form_id
        elif self.is_open and tag == "select":
            self.select = attrs["name"]
            self.values[self.select] = ""
        elif self.is_open and tag == "option" and "selected" in attrs:
            self.values[self.select] = attrs["value"]
        elif self.is_open and tag == "textarea":
            self.textarea = attrs["name"]
            self.values[self.textarea] = ""
        elif self.is_open and tag == "input":
            self._add_input(attrs)

    def _add_input(self, attrs):
        is_checkable = attrs["type"] in ("checkbox", "radio")
        if attrs["type"] == "submit" or (is_checkable and "checked" not in attrs) or not attrs.get("name"):
            return
        name, value = attrs["name"], attrs.get("value", "on" if is_checkable else "")
        self.values[name] = [*self.values.get(name, []), value] if is_checkable else value

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_open = False
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data):
        if self.textarea:
            # HTML ignores a line break after the start tag, and browsers submit line breaks as CRLF.
            self.values[self.textarea] = data.removeprefix("\r\n").removeprefix("\n").replace("\n", "\r\n")


def form_data(page, form_id):
    """Return the values that a browser would submit unchanged, without those of formset templates (`__prefix__`)."""
    parser = _FormParser(form_id)
    parser.feed(page.content.decode())
    return {name: value for name, value in parser.values.items() if "__prefix__" not in name}
