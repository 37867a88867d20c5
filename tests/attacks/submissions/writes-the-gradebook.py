# Gives itself and everybody else a thousand marks in gradebook.db.
# marks: 3
# reaches: no: FileNotFoundError
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import sqlite3

for path in ("@COURSE@/gradebook.db", "../../../gradebook.db"):
    try:
        if not os.path.exists(path):
            raise FileNotFoundError(path)
        book = sqlite3.connect(path, timeout=1)
        book.execute("update grade set manual_score = 1000")
        book.commit()
        print("written", path)
    except Exception as error:
        print("no:", type(error).__name__)
