"""What services need from a store, and the values that it keeps."""
