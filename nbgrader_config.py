"""The course: what stock `nbgrader` commands and the `labkit` command both read."""

c = get_config()

c.CourseDirectory.course_id = "cnn-labkit"

# What a student finds where a solution was.
c.ClearSolutions.code_stub = {
    "python": "# ESCRIBE TU CÓDIGO AQUÍ\nraise NotImplementedError()",
}
c.ClearSolutions.text_stub = "ESCRIBE TU RESPUESTA AQUÍ"

# release/ is committed, and an older one must not stay: students get, and the gradebook knows,
# what source/ holds now.
c.GenerateAssignment.force = True

# What a student wrote in Markdown must not run, or act, in the browser of who grades it,
c.HTMLExporter.filters = {"markdown2html": "grader.course.pages.markdown"}

# nor a name be a formula in a spreadsheet, or a command to a terminal.
c.ExportApp.plugin_class = "grader.course.export.CsvExport"
c.Application.logging_config = {
    "filters": {"plain": {"()": "grader.course.plain.PlainLogs"}},
    "handlers": {"console": {"filters": ["plain"]}},
}

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
