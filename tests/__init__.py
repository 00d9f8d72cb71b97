"""Everything that proves Samethread: behaviour first, by folder of what is looked at."""
