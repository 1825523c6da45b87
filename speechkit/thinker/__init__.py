"""The thinker: hears, sees or reads, reasons in an emotional chain of thought, and answers."""
