"""The commands of `studyhall storage`: one file each."""
