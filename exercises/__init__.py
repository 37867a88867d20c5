"""The course's exercises, one module a topic: cases, torch references, and mistakes as edits."""
