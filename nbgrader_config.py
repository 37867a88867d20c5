"""The course: what stock `nbgrader` commands and the `labkit` command both read."""

from grader.course.wiring import wire

c = get_config()
wire(c)

c.CourseDirectory.course_id = "cnn-labkit"

# What a student finds where a solution was.
c.ClearSolutions.code_stub = {
    "python": "# ESCRIBE TU CÓDIGO AQUÍ\nraise NotImplementedError()",
}
c.ClearSolutions.text_stub = "ESCRIBE TU RESPUESTA AQUÍ"

# Where students open a lab with one click, on Colab and Kaggle: https://github.com/OWNER/REPO, whose
# releases hold dist/'s zips, or a folder on the web where they lie. Empty: no badges, and no such cell.
c.StartAnywhere.address = ""
