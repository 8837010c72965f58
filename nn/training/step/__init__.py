"""One step of training, behind one seam: eager, or compiled from a recording."""
