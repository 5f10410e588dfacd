"""Pages of audits: the controller's, the processor's, and the auditor's own."""
