"""The page that tells what the trials found."""
