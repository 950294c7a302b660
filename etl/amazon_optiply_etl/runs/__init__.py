"""One run, from the input folder to payload files or into Optiply's API."""
