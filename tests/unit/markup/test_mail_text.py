"""The text of posts in mail: captions, hidden quotes, and HTML of the same words."""

from __future__ import annotations

import re

import pytest

from forum.markup.mail_text import mail_html, mail_text
from forum.markup.quotes import normalise
from forum.markup.rendered_post import render

CAPTIONS = {0: "alice wrote:", 1: "bob wrote:"}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("No quote.", "No quote."),
        ("> One.\n\nTwo.", "alice wrote:\n> One.\n\nTwo."),
        ("Zero.\n> One.", "Zero.\n\nalice wrote:\n> One."),
        ("> One.\n\n> Two.", "alice wrote:\n> One.\n\nbob wrote:\n> Two."),
        ("> > Two.\n>\n> One.", "alice wrote:\n> bob wrote:\n> > Two.\n>\n> One."),
        ("> One.\n> > Two.", "alice wrote:\n> One.\n>\n> bob wrote:\n> > Two."),
        ("* item\n* > in a list", "* item\n* > in a list"),
    ],
)
def test_each_quote_has_a_line_that_says_whose_it_is(source, text):
    assert mail_text(source, CAPTIONS, {}) == text


def test_hidden_quotes_go_with_the_quotes_inside_them():
    source = "> > Inner.\n>\n> Outer.\n\n> Third.\n\nMine."
    text = mail_text(source, {2: "carol wrote:"}, {0: "Hidden."})
    assert text == "> Hidden.\n\ncarol wrote:\n> Third.\n\nMine."


def test_quote_inside_a_readable_one_is_hidden_alone():
    text = mail_text("> > Inner.\n>\n> Outer.\n\nMine.", {}, {1: "Hidden."})
    assert "Inner" not in text
    assert "> Outer." in text


def words_of(html: str) -> str:
    return normalise(re.sub("<[^>]*>", " ", html))


SOURCE = """# A heading

> Quoted *words*.

1. one
2. two

`code` and **bold**, <b>no HTML</b>, ![a picture](https://example.org/x.png)

| a | b |
|---|---|
| 1 | 2 |

```python
x = 1
```
"""


def test_html_has_the_words_of_the_post_and_nothing_that_loads():
    text = mail_text(SOURCE, CAPTIONS, {})
    html = mail_html(text)
    assert words_of(html) == words_of(render(text).html)
    assert set(re.findall(r"\s([\w-]+)=", html)) == {"href", "style"}
    assert "<img" not in html
    assert "alice wrote:" in html
