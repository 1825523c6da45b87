"""Style prototypes: named voices now; the bank of 24 styles will live here."""
