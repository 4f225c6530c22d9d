"""From what was recorded to a scenario: observe, fit, choose, judge the fit, write the scenario down."""
