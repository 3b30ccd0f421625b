"""Anki's template language: what is wrong with a template, which cards a note has, and what they look like.

Builds need `parsing`, `checking` and `cards`; only who looks at cards needs `rendering` and `answers`.
"""
