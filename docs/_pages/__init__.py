"""What is generated from the source: each module returns the text of a page or a picture."""
