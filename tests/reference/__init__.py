"""What the library is compared with: slow, obviously right, and without a line of its code."""
