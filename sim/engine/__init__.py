"""The SimPy control plane, the dense plane and the oracle."""
