"""The course: what stock `nbgrader` commands and the `labkit` command both read."""

c = get_config()

c.CourseDirectory.course_id = "cnn-labkit"

# What a student finds where a solution was.
c.ClearSolutions.code_stub = {
    "python": "# ESCRIBE TU CÓDIGO AQUÍ\nraise NotImplementedError()",
}
c.ClearSolutions.text_stub = "ESCRIBE TU RESPUESTA AQUÍ"

# Students get a key with each lab, with which it is checked at home. The rest is nbgrader's own list.
c.GenerateAssignment.preprocessors = [
    "grader.course.preprocessors.WriteKey",
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What a student wrote in Markdown must not run in the browser of who grades it.
c.HTMLExporter.filters = {"markdown2html": "grader.course.pages.markdown"}

# Stock `nbgrader autograde` and formgrader's button: the same restoring, sandbox and judge.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "grader.course.preprocessors.Restore",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grader.course.preprocessors.Judge",
    "nbgrader.preprocessors.LimitOutput",
    "grader.course.preprocessors.SaveVerdicts",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
