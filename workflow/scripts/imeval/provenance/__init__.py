"""What each result was made from, down to images and labels."""
