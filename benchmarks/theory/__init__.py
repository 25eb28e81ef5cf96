"""What is claimed of federated learning in theory, measured on devices."""
