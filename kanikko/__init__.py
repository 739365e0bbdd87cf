"""What every room of the house shares: settings, errors, the command line. It imports none of them."""
