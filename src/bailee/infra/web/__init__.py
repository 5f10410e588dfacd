"""The web kit: templates, words in two languages, forms. It knows no page."""
