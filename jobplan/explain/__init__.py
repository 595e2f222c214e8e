"""Beyond the original: why a plan is as it is. Reads what the stages found, decides nothing.

causes.py     in place or replaced, because of which fields; annotations that contradict what will happen
hidden.py     changes that the JobDiff does not show
rollout.py    how a rollout would go: waves, availability, earliest finish
whynot.py     why a group does not fit: node × check, nearest misses, the smallest change that helps
headroom.py   how many more of a group would fit
whatif.py     changed inventories: drained nodes, added nodes, other counts
report.py     all of it for one plan
"""
