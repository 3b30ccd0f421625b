"""Readers: from the formats that others write to plain values."""
