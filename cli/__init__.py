"""The command line: joins the rooms, one command a file."""
