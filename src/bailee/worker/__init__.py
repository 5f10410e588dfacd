"""The worker: runs what is due. One process sequences the ledger, one does the jobs."""
