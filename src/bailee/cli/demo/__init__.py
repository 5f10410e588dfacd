"""`bailee demo`: the main job on real input, from a signed agreement to a verified certificate."""
