"""Management: accounts, projects, keys and who changed which. Never on the path of an event."""
