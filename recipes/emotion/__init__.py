"""The embedded emotion scorer: trained on acted speech, with views that make it deaf to everything but how it is said."""
