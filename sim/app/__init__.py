"""The verbs: one file each, named as the verb; from plain settings to a result and its run folder."""
