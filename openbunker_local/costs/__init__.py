"""What a stack costs on AWS: computed from list prices and counted calls. Asks nobody.

bill        The lines of a month's bill: what is paid for, how many of it, and the dollars
compaction  What compaction costs in a month: Athena's scans, S3's requests, the function's time
idle        What a stack costs while nothing arrives: erasing's runs, alarms, dashboard, metrics
prices      AWS's list prices in dollars, and what is assumed beside them
writing     What the requests that bring events cost
"""
