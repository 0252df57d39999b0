"""What history knows: differences in words, the changes of the whole register, and putting things back."""
