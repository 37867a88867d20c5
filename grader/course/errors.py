"""What a command tells its user instead of a traceback."""


class CourseError(Exception):
    """Something that a command needs isn't in the course. The message says what to do."""
