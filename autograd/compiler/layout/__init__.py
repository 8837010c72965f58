"""Where the elements of an array graph stand in the arenas of a program."""
