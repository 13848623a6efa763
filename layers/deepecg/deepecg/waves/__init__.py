"""P wave, QRS complex and T wave of every beat, and the P waves that no beat follows."""
