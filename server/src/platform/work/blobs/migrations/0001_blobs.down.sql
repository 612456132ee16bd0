drop schema blobs cascade;
