"""Changes the credentials in a text, and keeps the form of the text."""
