"""The manual for coordinators, docs/coordinators.md, in chapters, with a search in its sentences."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import PurePath
from typing import NamedTuple

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from partners.name_normalization import tokenize_query

HEADING_RE = re.compile(r"^(##|###) (.+)\n", re.M)
BLOCK_END_RE = re.compile(r"</(?:p|li|tr)>")
CELL_END_RE = re.compile(r"</t[dh]>\s*(?=<t[dh])")
SENTENCE_END_RE = re.compile(r"(?<=[.?!]) (?=[A-Z“])")


class Section(NamedTuple):
    """The text below a heading. The first section of a chapter has the chapter's title."""

    title: str
    anchor: str
    url: str
    html: SafeString
    sentences: list[str]


class Chapter(NamedTuple):
    slug: str
    title: str
    url: str
    sections: list[Section]


@cache
def load_chapters() -> list[Chapter]:
    """Return the chapters in their order. The file is read once in a process."""
    text = (settings.BASE_DIR / "docs" / "coordinators.md").read_text(encoding="utf-8")
    _preface, *parts = HEADING_RE.split(text)
    headings = list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
    urls: dict[str, str] = {}
    for marker, title, _source in headings:
        anchor = slugify(title)
        if marker == "##":
            chapter_url = urls[anchor] = reverse("admin:help_chapter", args=[anchor])
        else:
            urls[anchor] = f"{chapter_url}#{anchor}"
    chapters: list[Chapter] = []
    for marker, title, source in headings:
        anchor, html = slugify(title), _render(source, urls)
        if marker == "##":
            chapters.append(Chapter(anchor, title, urls[anchor], []))
        chapters[-1].sections.append(Section(title, anchor, urls[anchor], html, list(_sentences(html))))
    return chapters


def _render(source: str, urls: dict[str, str]) -> SafeString:
    """Return Markdown as HTML, in which raw HTML is escaped. URLs are those of headings, by their anchors."""
    # Only whoever opens the help needs the library.
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source)
    for child in (child for token in tokens for child in token.children or []):
        if child.type == "image":
            child.attrs |= {"src": static(f"help/{PurePath(child.attrs['src']).name}"), "loading": "lazy"}
        elif child.type == "link_open":
            child.attrs["href"] = urls.get(child.attrs["href"].removeprefix("#"), child.attrs["href"])
    return mark_safe(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S308


def _sentences(html: str) -> Iterator[str]:
    """Yield the sentences of paragraphs and lists, and the rows of tables."""
    for block in BLOCK_END_RE.split(CELL_END_RE.sub(" · ", html)):
        if text := " ".join(unescape(strip_tags(block)).split()):
            yield from SENTENCE_END_RE.split(text)


def search_manual(query: str) -> list[tuple[Chapter, Section, SafeString]]:
    """Return each section that has all words of the query, with the sentence that has most of them, best first."""
    words, ranked = set(tokenize_query(query)), []
    for chapter in load_chapters():
        for section in chapter.sections:
            if words and _found_words(words, " ".join([section.title, *section.sentences])) == words:
                best = max(section.sentences, key=lambda sentence: len(_found_words(words, sentence)), default="")
                rank = len(_found_words(words, section.title)), len(_found_words(words, best))
                ranked.append((rank, (chapter, section, _emphasize_words(words, best))))
    return [hit for _rank, hit in sorted(ranked, key=lambda item: item[0], reverse=True)]


def _found_words(words: set[str], text: str) -> set[str]:
    """Return those of the words that begin a word of the text."""
    text_words = tokenize_query(text)
    return {word for word in words if any(candidate.startswith(word) for candidate in text_words)}


def _emphasize_words(words: set[str], sentence: str) -> SafeString:
    """Return the sentence as HTML with each word emphasized that begins as one of the words."""
    parts = re.split(r"(\w+)", sentence)
    marked = (format_html("<strong>{}</strong>", part) if _found_words(words, part) else part for part in parts)
    return format_html_join("", "{}", ((part,) for part in marked))
