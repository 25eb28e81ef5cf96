"""The learning methods that come with lava-fed, one to a file, registered like a stranger's."""
