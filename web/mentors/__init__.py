"""Mentors: joining, training, skills, qualifications, availability, travel allowance."""
