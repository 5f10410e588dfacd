"""The pages of accounts: each asks the gate in the visitor's own name, and shows what it answered."""
