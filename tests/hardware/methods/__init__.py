"""The learning methods that ship: each does in integers what it says."""
