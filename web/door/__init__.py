"""At the door: check-in by QR code, walk-ins, who is absent."""
