"""What a device does in a round."""
