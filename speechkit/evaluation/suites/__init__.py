"""The suites: one file a kind of evaluation."""
