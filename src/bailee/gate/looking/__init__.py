"""Looking: what lists and searches are narrowed by, and their SQL."""
