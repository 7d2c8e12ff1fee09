"""Stands in for Firehose and SQS: journal, delivery into objects, spill and replay."""
