"""From an array graph whose elements have places to the instructions of a program."""
