"""Cats and dogs: a folder of photographs, a data set that we draw ourselves, and one picture."""

from grader.data.draw import Recipe, draw
from grader.data.folder import Photos, load_folder
from grader.data.picture import picture
from grader.data.sheet import contact_sheet

__all__ = ["Photos", "Recipe", "contact_sheet", "draw", "load_folder", "picture"]
