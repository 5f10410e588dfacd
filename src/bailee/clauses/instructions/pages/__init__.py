"""Pages of instructions: the agreement on its way and in force, instructions as sentences, challenges, orders, rehearsals."""
