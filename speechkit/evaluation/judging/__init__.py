"""Judge models: our versioned prompts, the client, strict reading of replies, stubs and replays for offline use."""
