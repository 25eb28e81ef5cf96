"""What a federation did, as one self-contained HTML page."""
