"""Selection, certificates, Pareto fronts, paired differences, sensitivity: statistics on arrays."""
