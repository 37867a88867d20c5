"""What a student gets back: a page made of what the kit and the gradebook say, and of no notebook."""
