"""What is held about a person, why, and until when: a view of the rows' own facts, no value opened."""
