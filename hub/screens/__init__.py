"""The screens the hub itself serves: a pupil's home, a teacher's class, the operator's desk, and the waiting page between."""
