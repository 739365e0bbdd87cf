"""Sign-in: pictures and badges for pupils, password and one-time codes for staff, or the city's OpenID provider."""
