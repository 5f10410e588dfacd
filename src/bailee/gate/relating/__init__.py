"""Relating: records about several people, each person's part under their own key."""
