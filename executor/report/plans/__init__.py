"""A plan in its forms for reviewers and tools. `facts` is what all of them say; each form is a file."""
