"""What is checked before a release, a file for each kind of question."""
