"""The page that a technician drops Holter files on, and sees what comes of them."""
