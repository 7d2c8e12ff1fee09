"""What the query routes answer: tables in their forms, receipts, refused items, failures."""
