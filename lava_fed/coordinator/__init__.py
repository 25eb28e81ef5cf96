"""Who asks devices, takes what they send, and judges what comes of it."""
