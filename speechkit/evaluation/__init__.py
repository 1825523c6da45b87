"""Suites that run models against metrics, resumably, and write reports."""

from __future__ import annotations

from speechkit.evaluation.manifest import Item, choose, read_manifest
from speechkit.evaluation.records import Record
from speechkit.evaluation.runner import Report, run
from speechkit.evaluation.suite import Clip, Plot, Suite, Summary

__all__ = ["Clip", "Item", "Plot", "Record", "Report", "Suite", "Summary", "choose", "read_manifest", "run"]
