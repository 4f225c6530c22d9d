"""Closed forms and published numbers of domain section 7, run through the engine where they are about the world.

T1, T2 test_books; T3, T4, T6 test_arrivals; T5, T14 test_holds; T7, T8, T11-T13 test_leaks; T9, T10 test_freezes; T15,
T17-T19, T25 test_forecasts; T29, T30 test_invariance. Elsewhere: T20, T21 and T26 in tests/strategies (test_maths,
test_forecasts, test_gate), T27 and T28 in tests/score/test_alerts. The error rate is stated in ``worlds``.
"""
