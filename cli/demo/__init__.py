"""The demo: its command, and the recipe and configuration that it ships."""
