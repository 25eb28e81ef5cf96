"""What coordinator and devices say to each other, and how it is written."""
