"""What an instructor sees of a class: `labkit report`, in the terminal and as a page.

Marks, marks by hand and penalties are the gradebook's, for whoever wrote them. Why marks were lost is
in the record of a submission, and is told only where that record is of the same marks.
"""
