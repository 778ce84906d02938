"""From rows to what a page says: the step between the database and the templates.

What is stable in a post was rendered when it was written. What differs by reader, by page or by
the day is filled in here, by joining strings: a thread of 200 posts is no place for 200 renderings
of a template.
"""
