"""The console: pages for the processor, its controllers, their people and auditors, under one shell."""
