"""The review of one show: blame, counterfactual alerts, smallest changes, drift, proposal."""
