"""Renderers only: a result in; text, figures, pages out."""
