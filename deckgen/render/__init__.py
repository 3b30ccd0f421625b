"""A note's text to what stands in Anki's fields: HTML, MathJax, clozes, names of media.

`fields` conducts; `markdown` turns one text into HTML, with `protect` keeping Markdown off what is not its own;
`media` finds files and gives them names; `citation` and `occlusion` write the fields that no author types.
"""
