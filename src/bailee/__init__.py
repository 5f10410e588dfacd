"""bailee: hold personal data for others, as agreed, and prove it."""
