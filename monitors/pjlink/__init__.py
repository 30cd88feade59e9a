"""How displays and projectors are asked over PJLink, class 1 and 2."""
