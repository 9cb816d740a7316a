"""Many files labelled into a folder: one file out for one file in, which a killed run leaves whole or absent."""
