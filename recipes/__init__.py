"""Training: data, Lightning modules, exports. The only place that imports Lightning."""
