"""The page that shows a run's images and answers in a browser.

It only reads: results as they are, pictures from their shards. `pages/` has a module a page; the app finds them by
their `router`, so a further page is one file. docs/viewer.md is for its users.
"""
