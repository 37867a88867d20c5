"""From an instructor's lab to what students get: proved, stripped, bundled."""
