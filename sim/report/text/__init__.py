"""Results as text: tables and sentences."""
