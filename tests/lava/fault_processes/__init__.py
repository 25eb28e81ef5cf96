"""Only faulty Lava Processes: Lava's compiler executes every file in this folder."""
