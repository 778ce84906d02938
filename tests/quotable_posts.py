"""Sources of posts whose quote must look like them."""

SOURCES = {
    "code": "See:\n\n```python\nfor a in b:\n    if a:\n\n        print(a)\n```\n\n`a  b` `` a` ``",
    "indented code": "See:\n\n\tfor a in b:\n\t  print(a)\n\nand\n\n    ```",
    "links": "Look at [the [page]](https://garden.example/a_(b)?c=1&copy=2), <a@garden.example>.",
    "references": "Look at [the page][1].\n\n[1]: https://garden.example/a 'title'",
    "bare addresses": "https://garden.example/__init__.py, https://garden.example/ä_ä。 or "
    f"看https://garden.example/{'long/' * 30}看",
    "empty links": "See [](https://garden.example/a) or ![](https://garden.example/b_).",
    "lists": "3. dig\n4. sow\n   - peas\n   - beans\n\n     by hand\n\n* rest",
    "loose lists": "1. dig\n\n   deep\n\n2. sow\n\n   ```\n   peas\n   ```",
    "tables": "|a|b|\n|-|-|\n|1 \\| 2|`2`|",
    "headings": "# One #a\\#\n\nTwo\n---\n\nthree",
    "emphasis": "*a* **b** ~~c~~ a\\*b &amp; <b> \\&lt;",
    "lines": "one\ntwo  \n\u3000three\\\nfour",
    "mentions": "Ask @lina and @bob.",
    "marks": "\\# one\n\n\\- two\n\n3\\. three\n\n\\> four\n\n\\| five |\n\n\\_six\\_ \\`7\\`",
    "scripts": "これは「苔」です。\n한국어 강조(괄호)를\n\nשלום עליכם، مرحبا",
}
