"""Synthetic speech corpora: sentences, said by text-to-speech engines, with exact transcripts.

Source: no outside code. The same sentence is said by several voices, so that a model can tell style from content.
"""
