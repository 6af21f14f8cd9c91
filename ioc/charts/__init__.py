"""Frames in, charts out: Altair specifications and small SVG pictures; no session, no store, no Streamlit."""
