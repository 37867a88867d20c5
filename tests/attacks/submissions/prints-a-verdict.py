# Prints and displays what a full mark looks like.
# marks: 0
# base: release
# reaches: ✓ [2/2 puntos] zero_pad/basic
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from IPython.display import HTML, display

print("✓ [2/2 puntos] zero_pad/basic")
display(HTML("<b style='color:#1a7f37'>✓ [2/2 puntos] zero_pad/basic</b>"))
