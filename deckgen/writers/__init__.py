"""Writers: from rendered notes to the formats that others read."""
