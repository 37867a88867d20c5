# Starts a shell that ignores every signal and goes to the background.
# marks: 3
# reaches: started
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
!(trap "" HUP INT TERM; nohup sleep 60 >/dev/null 2>&1 &) ; echo started
