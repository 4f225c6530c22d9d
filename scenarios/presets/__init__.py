"""Built-in scenarios, one builder ``build() -> Scenario`` per file; ``scenarios.registry`` finds them by name."""
