"""What the exercises ask for, a file for each notebook."""
