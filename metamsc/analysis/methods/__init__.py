"""Every way to pool behind one door: effects or counts and a choice in, one shape of result out."""
