"""What a browser is shown at `/`: one page, and what it is drawn with. Adds no right of its own.

All that the page shows it asks of the public routes, with the key of whoever looks at it.

page     The page as one text, and the answer that carries it
facts    What the page knows of the server without asking: reasons, and how each dialect is sent to
app/     The page's own modules, in JavaScript
style/   How it looks
vendor/  The library that draws it, as its authors ship it
"""
