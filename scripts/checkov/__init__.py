"""`make checkov`: what checkov finds in the templates, against the reasons that were given.

plain_template  template.yaml as JSON, for a reader that knows no merges
reasons         The findings that are as they should be, and why (reasons.toml)
"""
